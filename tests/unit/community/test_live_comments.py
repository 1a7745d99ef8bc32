"""Who hears of a change, and what becomes of a slow reader."""

from datetime import timedelta

import pytest
from fakes.community.made import a_comment, a_video

from community_service.domain.comments import Change, Happening, Video
from community_service.errors import TooManyWatchers, VideoNotFound, WatchTooSlow
from community_service.use_cases.live import Audience, LiveComments
from community_service.use_cases.videos import PublicVideos
from servicekit.ids import new_id

LONG = timedelta(minutes=1)


def a_change(video: Video) -> Change:
    return Change(Happening.CREATED, a_comment(video), new_id())


async def test_everybody_who_watches_the_video_hears_of_a_change_in_order(
    public_videos: PublicVideos, video: Video
) -> None:
    audience = Audience()
    live = LiveComments(public_videos, audience, heartbeat=LONG)
    told = [a_change(video), a_change(video)]
    async with live.watch(video.id) as one, live.watch(video.id) as two:
        for change in told:
            audience.tell(change)
        for changes in (one, two):
            assert [await anext(changes), await anext(changes)] == told


async def test_changes_of_other_videos_are_not_heard_and_silence_is_broken_by_a_sign_of_life(
    public_videos: PublicVideos, video: Video
) -> None:
    audience = Audience()
    live = LiveComments(public_videos, audience, heartbeat=timedelta(milliseconds=1))
    async with live.watch(video.id) as changes:
        audience.tell(a_change(a_video()))
        assert await anext(changes) is None


async def test_a_slow_reader_is_cut_off_and_a_quick_one_loses_nothing(
    public_videos: PublicVideos, video: Video
) -> None:
    audience = Audience(backlog=2)
    live = LiveComments(public_videos, audience, heartbeat=LONG)
    async with live.watch(video.id) as slow, live.watch(video.id) as quick:
        for _ in range(3):
            change = a_change(video)
            audience.tell(change)
            assert await anext(quick) == change
        with pytest.raises(WatchTooSlow):
            await anext(slow)
        assert len(audience) == 1


async def test_a_stream_that_ends_leaves_nothing_behind(public_videos: PublicVideos, video: Video) -> None:
    audience = Audience()
    async with LiveComments(public_videos, audience, heartbeat=LONG).watch(video.id):
        assert len(audience) == 1
    assert len(audience) == 0


async def test_there_are_only_so_many_streams(public_videos: PublicVideos, video: Video) -> None:
    live = LiveComments(public_videos, Audience(seats=1), heartbeat=LONG)
    async with live.watch(video.id):
        with pytest.raises(TooManyWatchers):
            async with live.watch(video.id):
                pass


async def test_an_unknown_video_cannot_be_watched(public_videos: PublicVideos) -> None:
    with pytest.raises(VideoNotFound):
        async with LiveComments(public_videos, Audience(), heartbeat=LONG).watch(new_id()):
            pass
