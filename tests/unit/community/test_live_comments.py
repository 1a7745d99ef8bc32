"""Who hears of a change, what a stream may have missed, and what becomes of a slow reader."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from fakes.community.made import a_comment, a_video
from fakes.community.store import FakeStore

from community_service.domain.changes import Change, Happening
from community_service.domain.comments import Comment, Draft, Video
from community_service.errors import VideoNotFound
from community_service.use_cases.comments import Discussion
from community_service.use_cases.editing import Editing
from community_service.use_cases.live import INSTEAD, LiveComments
from community_service.use_cases.videos import PublicVideos
from servicekit.caller import Caller
from servicekit.ids import new_id
from servicekit.live import Audience, TooManyWatchers, WatchTooSlow

CREATED, EDITED, REMOVED = Happening.CREATED, Happening.EDITED, Happening.REMOVED


def a_change(video: Video, version: int) -> Change:
    return Change(CREATED, video.id, version, a_comment(video))


@pytest.fixture
def audience() -> Audience[Change]:
    return Audience[Change](INSTEAD, seats=5, backlog=3)


@pytest.fixture
def live(public_videos: PublicVideos, store: FakeStore, audience: Audience) -> LiveComments:
    return LiveComments(public_videos, store.reads, audience, heartbeat=timedelta(minutes=1), most_missed=3)


async def taken(changes: AsyncIterator[Change], number: int) -> list[tuple[Happening, int]]:
    return [(change.happening, change.version) for change in [await anext(changes) for _ in range(number)]]


async def test_everybody_who_watches_the_video_hears_of_a_change_in_order(
    live: LiveComments, audience: Audience[Change], video: Video
) -> None:
    told = [a_change(video, 1), a_change(video, 2)]
    async with live.watch(video.id) as one, live.watch(video.id) as two:
        for change in told:
            audience.tell(video.id, change)
        for changes in (one, two):
            assert await anext(changes) == Change(Happening.ALIVE, video.id, 0)
            assert [await anext(changes), await anext(changes)] == told


async def test_changes_of_other_videos_are_not_heard_and_silence_is_broken_by_a_sign_of_life(
    public_videos: PublicVideos, store: FakeStore, audience: Audience[Change], video: Video
) -> None:
    live = LiveComments(public_videos, store.reads, audience, heartbeat=timedelta(milliseconds=1))
    async with live.watch(video.id) as changes:
        other = a_video()
        audience.tell(other.id, a_change(other, 1))
        assert await taken(changes, 3) == [(Happening.ALIVE, 0)] * 3


async def test_what_was_told_before_is_not_told_again(
    live: LiveComments, audience: Audience[Change], video: Video
) -> None:
    async with live.watch(video.id) as changes:
        for version in (1, 1, 2):
            audience.tell(video.id, a_change(video, version))
        assert await taken(changes, 3) == [(Happening.ALIVE, 0), (CREATED, 1), (CREATED, 2)]


async def test_a_stream_goes_on_where_another_ended(
    live: LiveComments, discussion: Discussion, editing: Editing, ada: Caller, video: Video
) -> None:
    first, second = [await discussion.create(Draft(video.id, text)) for text in ("one", "two")]
    await editing.update(first.id, "uno")
    await editing.delete(second.id)
    third = await discussion.create(Draft(video.id, "three"))
    async with live.watch(video.id, seen=1) as changes:
        missed = [await anext(changes) for _ in range(3)]
    assert [(each.happening, each.version) for each in missed] == [(EDITED, 3), (REMOVED, 4), (CREATED, 5)]
    assert [_told(each).id for each in missed] == [first.id, second.id, third.id]
    assert (_told(missed[0]).text, _told(missed[1]).text) == ("uno", "")
    async with live.watch(video.id, seen=5) as changes:
        assert await taken(changes, 1) == [(Happening.ALIVE, 5)]


async def test_a_gap_is_filled_from_what_is_saved_once(
    live: LiveComments, audience: Audience[Change], discussion: Discussion, ada: Caller, video: Video
) -> None:
    async with live.watch(video.id) as changes:
        await anext(changes)
        for text in ("one", "two", "three"):
            await discussion.create(Draft(video.id, text))
        audience.tell(video.id, a_change(video, 3))  # the events 1 and 2 never came
        audience.tell(video.id, a_change(video, 2))
        audience.tell(video.id, a_change(video, 4))
        assert await taken(changes, 4) == [(CREATED, 1), (CREATED, 2), (CREATED, 3), (CREATED, 4)]


async def test_after_an_outage_every_stream_looks_what_it_missed(
    live: LiveComments, audience: Audience[Change], discussion: Discussion, ada: Caller, video: Video
) -> None:
    async with live.watch(video.id) as changes:
        await anext(changes)
        await discussion.create(Draft(video.id, "one"))
        audience.catch_up()
        audience.catch_up()
        audience.tell(video.id, a_change(video, 2))
        assert await taken(changes, 2) == [(CREATED, 1), (CREATED, 2)]


async def test_who_missed_too_much_is_told_to_read_the_list_and_the_stream_goes_on(
    live: LiveComments, audience: Audience[Change], discussion: Discussion, ada: Caller, video: Video
) -> None:
    for number in range(4):
        await discussion.create(Draft(video.id, f"{number}"))
    async with live.watch(video.id, seen=0) as changes:
        audience.tell(video.id, a_change(video, 5))
        assert await taken(changes, 2) == [(Happening.RELOAD, 4), (CREATED, 5)]


async def test_a_version_this_video_never_had_is_answered_with_reload(live: LiveComments, video: Video) -> None:
    async with live.watch(video.id, seen=7) as changes:
        assert await taken(changes, 1) == [(Happening.RELOAD, 0)]


async def test_a_slow_reader_is_cut_off_and_a_quick_one_loses_nothing(
    live: LiveComments, audience: Audience[Change], video: Video
) -> None:
    async with live.watch(video.id) as slow, live.watch(video.id) as quick:
        await anext(slow)
        await anext(quick)
        for version in range(1, 5):
            audience.tell(video.id, a_change(video, version))
            assert await taken(quick, 1) == [(CREATED, version)]
        with pytest.raises(WatchTooSlow):
            await anext(slow)
        assert len(audience) == 1


async def test_a_stream_that_ends_leaves_nothing_behind(
    live: LiveComments, audience: Audience[Change], video: Video
) -> None:
    async with live.watch(video.id):
        assert len(audience) == 1
    assert len(audience) == 0


async def test_streams_of_a_video_that_is_public_no_more_end_with_nothing_further_told(
    live: LiveComments, audience: Audience[Change], video: Video
) -> None:
    async with live.watch(video.id) as quick, live.watch(video.id) as full:
        await anext(quick)
        await anext(full)
        for version in (1, 2, 3):
            audience.tell(video.id, a_change(video, version))
            await anext(quick)
        audience.dismiss(video.id, VideoNotFound(video=video.id))
        audience.tell(video.id, a_change(video, 4))
        for changes in (quick, full):
            with pytest.raises(VideoNotFound):
                await anext(changes)
        assert len(audience) == 0


async def test_there_are_only_so_many_streams(public_videos: PublicVideos, store: FakeStore, video: Video) -> None:
    live = LiveComments(public_videos, store.reads, Audience[Change](INSTEAD, seats=1))
    async with live.watch(video.id):
        with pytest.raises(TooManyWatchers):
            async with live.watch(video.id):
                pass


async def test_an_unknown_video_cannot_be_watched(live: LiveComments) -> None:
    with pytest.raises(VideoNotFound):
        async with live.watch(new_id()):
            pass


def _told(change: Change) -> Comment:
    assert change.comment is not None
    return change.comment
