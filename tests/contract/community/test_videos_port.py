"""Every store of videos keeps this contract."""

import pytest
from fakes.community.made import a_video

from community_service.domain.comments import Video, VideoState
from community_service.ports import Store
from servicekit.ids import new_id

VIDEO = a_video()


def _told(state: VideoState, version: int = 0) -> Video:
    return Video(VIDEO.id, VIDEO.created_by, state, version)


PUBLIC, DELETED, WITHDRAWN = _told(VideoState.PUBLIC), _told(VideoState.DELETED), _told(VideoState.WITHDRAWN, 4)


async def test_a_video_nobody_told_of_is_none(store: Store) -> None:
    assert await store.reads.videos.get(new_id()) is None
    async with store.begin() as work:
        assert await work.videos.hold(new_id()) is None


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ([PUBLIC], PUBLIC),
        ([PUBLIC, WITHDRAWN], WITHDRAWN),
        ([WITHDRAWN, PUBLIC], WITHDRAWN),
        ([WITHDRAWN, _told(VideoState.PUBLIC, 3)], WITHDRAWN),
        ([WITHDRAWN, _told(VideoState.PUBLIC, 4)], _told(VideoState.PUBLIC, 4)),
        ([WITHDRAWN, _told(VideoState.PUBLIC, 5)], _told(VideoState.PUBLIC, 5)),
        ([DELETED, PUBLIC, WITHDRAWN], DELETED),
    ],
)
async def test_the_highest_version_is_kept_and_deleted_for_good(store: Store, told: list[Video], known: Video) -> None:
    for video in told:
        async with store.begin() as work:
            await work.videos.learn(video)
            held = await work.videos.hold(VIDEO.id)
        assert held == await store.reads.videos.get(VIDEO.id)
    assert held == known


async def test_a_deletion_wins_whatever_was_known(store: Store) -> None:
    for video in (WITHDRAWN, DELETED):
        async with store.begin() as work:
            await work.videos.learn(video)
    known = await store.reads.videos.get(VIDEO.id)
    assert known is not None
    assert known.state is VideoState.DELETED
