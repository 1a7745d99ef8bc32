"""What this service makes of what it hears about videos, in whatever order."""

import pytest
from fakes.community.made import a_rating
from fakes.community.peers import FakeCatalogue
from fakes.community.store import FakeStore

from community_service.domain.comments import Draft, Sort, Video, VideoState
from community_service.domain.ratings import RatingTotals
from community_service.errors import VideoNotFound
from community_service.use_cases.comments import Discussion
from community_service.use_cases.videos import PublicVideos, hold, learn
from servicekit.caller import Caller, acting_as


async def _hear(store: FakeStore, *videos: Video) -> None:
    with acting_as(Caller.service("community")):
        for video in videos:
            async with store.begin() as work:
                await learn(work, video)


async def test_a_video_an_event_told_of_is_found_without_asking_content(
    store: FakeStore, public_videos: PublicVideos, catalogue: FakeCatalogue, video: Video
) -> None:
    await _hear(store, video)
    assert (await public_videos.find(video.id), catalogue.asked) == (video, 0)


async def test_a_deleted_video_stays_deleted_whatever_comes_after(
    store: FakeStore, public_videos: PublicVideos, catalogue: FakeCatalogue, video: Video
) -> None:
    await _hear(store, Video(video.id, video.created_by, VideoState.DELETED), video)
    with pytest.raises(VideoNotFound):
        await public_videos.find(video.id)
    assert catalogue.asked == 0


async def test_a_withdrawn_video_cannot_be_commented_once_content_confirms(
    store: FakeStore, public_videos: PublicVideos, catalogue: FakeCatalogue, video: Video
) -> None:
    await _hear(store, video, Video(video.id, video.created_by, VideoState.WITHDRAWN, version=4))
    catalogue.videos.clear()
    with pytest.raises(VideoNotFound):
        await public_videos.find(video.id)


async def test_an_older_status_that_comes_late_changes_nothing(store: FakeStore, video: Video) -> None:
    withdrawn = Video(video.id, video.created_by, VideoState.WITHDRAWN, version=4)
    await _hear(store, withdrawn, Video(video.id, video.created_by, VideoState.PUBLIC, version=3), video)
    assert await store.reads.videos.get(video.id) == withdrawn


async def test_content_saying_public_again_heals_a_withdrawn_video(
    store: FakeStore, public_videos: PublicVideos, video: Video
) -> None:
    await _hear(store, Video(video.id, video.created_by, VideoState.WITHDRAWN, version=4))
    found = await public_videos.find(video.id)
    async with store.begin() as work:
        await hold(work, found)
    assert (await store.reads.videos.get(video.id)) == Video(video.id, video.created_by, version=4)


async def test_a_video_withdrawn_while_its_comment_was_judged_is_not_found(store: FakeStore, video: Video) -> None:
    await _hear(store, Video(video.id, video.created_by, VideoState.WITHDRAWN, version=4))
    async with store.begin() as work:
        with pytest.raises(VideoNotFound):
            await hold(work, Video(video.id, video.created_by, version=3))


@pytest.mark.usefixtures("ada")
async def test_a_deleted_video_takes_its_comments_and_ratings_along(
    store: FakeStore, discussion: Discussion, video: Video
) -> None:
    await discussion.create(Draft(video.id, "Now I get it"))
    async with store.begin() as work:
        await work.ratings.save_totals(RatingTotals(video.id, (0, 0, 0, 1, 0), 1))
        await work.ratings.save(a_rating(video))
    await _hear(store, Video(video.id, video.created_by, VideoState.DELETED))
    assert await discussion.threads(video.id, Sort.NEWEST, 20, None) == []
    assert await store.reads.ratings.totals(video.id) == RatingTotals(video.id)
