"""Every store of ratings keeps this contract."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.community.made import NOON, a_rating, a_video

from community_service.domain.comments import Video
from community_service.domain.ratings import Rating, RatingTotals
from community_service.ports import Store
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

ADA, BOB = Caller(new_id(), Role.STUDENT), Caller(new_id(), Role.STUDENT)


@pytest.fixture
async def video(store: Store) -> Video:
    video = a_video()
    async with store.begin() as work:
        await work.videos.learn(video)
    return video


@pytest.fixture
async def rating(store: Store, video: Video) -> Rating:
    """Ada's, saved."""
    rating = a_rating(video, user_id=ADA.id)
    with acting_as(ADA):
        async with store.begin() as work:
            await work.ratings.save(rating)
    return rating


async def test_a_saved_rating_is_read_back_whole(store: Store, rating: Rating) -> None:
    with acting_as(ADA):
        assert await store.reads.ratings.get(rating.video_id, ADA.id) == rating


@pytest.mark.parametrize("caller", [BOB, Caller(new_id(), Role.MODERATOR), None])
async def test_it_is_nothing_to_anybody_else(store: Store, rating: Rating, caller: Caller | None) -> None:
    with acting_as(caller):
        assert await store.reads.ratings.get(rating.video_id, ADA.id) is None


async def test_saving_again_replaces_it(store: Store, rating: Rating) -> None:
    changed = replace(rating, stars=1, update_time=NOON + timedelta(hours=1))
    with acting_as(ADA):
        async with store.begin() as work:
            await work.ratings.save(changed)
        assert await store.reads.ratings.get(rating.video_id, ADA.id) == changed


async def test_a_removed_rating_is_none(store: Store, rating: Rating) -> None:
    with acting_as(ADA):
        async with store.begin() as work:
            await work.ratings.remove(rating)
        assert await store.reads.ratings.get(rating.video_id, ADA.id) is None


async def test_totals_are_zeros_until_they_are_saved(store: Store, video: Video) -> None:
    assert await store.reads.ratings.totals(video.id) == RatingTotals(video.id)
    saved = RatingTotals(video.id, (1, 2, 3, 4, 5), 15)
    async with store.begin() as work:
        assert await work.ratings.lock_totals(video.id) == RatingTotals(video.id)
        await work.ratings.save_totals(saved)
    assert await store.reads.ratings.totals(video.id) == saved
    async with store.begin() as work:
        assert await work.ratings.lock_totals(video.id) == saved


async def test_a_forgotten_video_has_neither_ratings_nor_totals(store: Store, rating: Rating) -> None:
    with acting_as(Caller.service("community")):
        async with store.begin() as work:
            await work.ratings.lock_totals(rating.video_id)
            await work.ratings.save_totals(RatingTotals(rating.video_id, (0, 0, 0, 1, 0), 1))
            await work.ratings.forget_video(rating.video_id)
        assert await store.reads.ratings.get(rating.video_id, ADA.id) is None
    assert await store.reads.ratings.totals(rating.video_id) == RatingTotals(rating.video_id)
