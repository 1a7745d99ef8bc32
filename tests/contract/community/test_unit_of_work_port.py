"""Every unit of work is saved whole or not at all, its events included."""

from collections.abc import Awaitable, Callable

import pytest
from fakes.community.made import a_comment, a_rating, a_video

from community_service.domain.comments import CommentTotals
from community_service.domain.ratings import RatingTotals
from community_service.ports import Store, Work
from servicekit.caller import Caller, Role, acting_as

Told = Callable[[], Awaitable[list[str]]]
VIDEO = a_video()
COMMENT, RATING = a_comment(VIDEO), a_rating(VIDEO)


async def _tell_everything(work: Work) -> None:
    await work.comment_created(COMMENT, CommentTotals(VIDEO.id, 1, 1))
    await work.rating_submitted(RATING, RatingTotals(VIDEO.id))
    await work.rating_deleted(RATING, RatingTotals(VIDEO.id))


async def _begin_and_fail(store: Store) -> None:
    async with store.begin() as work:
        await work.videos.learn(VIDEO)
        await work.comments.add(COMMENT)
        await _tell_everything(work)
        raise RuntimeError


async def test_events_leave_with_the_work_in_the_order_they_were_told(store: Store, told: Told) -> None:
    async with store.begin() as work:
        await _tell_everything(work)
    assert await told() == ["comment.created", "rating.submitted", "rating.deleted"]


async def test_a_work_that_fails_saves_and_tells_nothing(store: Store, told: Told) -> None:
    with acting_as(Caller(COMMENT.user_id, Role.STUDENT)):
        with pytest.raises(RuntimeError):
            await _begin_and_fail(store)
        assert await store.reads.comments.get(COMMENT.id) is None
    assert await store.reads.videos.get(VIDEO.id) is None
    assert await told() == []


async def test_reads_do_not_see_a_work_that_is_not_finished(store: Store) -> None:
    async with store.begin() as work:
        await work.videos.learn(VIDEO)
        assert await store.reads.videos.get(VIDEO.id) is None
