"""What becomes of the stars somebody gives."""

from datetime import timedelta

import pytest
from fakes.community.made import NOON
from fakes.community.store import FakeStore

from community_service.domain.comments import Video
from community_service.errors import OwnVideoRated, RatingNotFound, VideoNotFound
from community_service.use_cases.ratings import Stars
from community_service.use_cases.standing import Authors
from community_service.use_cases.videos import PublicVideos
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

pytestmark = pytest.mark.usefixtures("ada")


async def test_a_rating_changes_the_totals_and_tells_them(stars: Stars, store: FakeStore, video: Video) -> None:
    rating = await stars.submit(video.id, 4)
    totals = await stars.totals(video.id)
    assert (totals.sum, totals.count, totals.version) == (4, 1, 1)
    assert store.told == [("rating.submitted", rating, totals)]


async def test_a_changed_rating_keeps_its_first_time_and_counts_once(
    stars: Stars, store: FakeStore, public_videos: PublicVideos, authors: Authors, video: Video
) -> None:
    await stars.submit(video.id, 1)
    later = Stars(store, public_videos, authors, lambda: NOON + timedelta(hours=1), own_ratings=False)
    changed = await later.submit(video.id, 5)
    assert (changed.create_time, changed.update_time) == (NOON, NOON + timedelta(hours=1))
    assert (await stars.totals(video.id)).histogram == (0, 0, 0, 0, 1)


async def test_the_same_stars_again_change_nothing(stars: Stars, store: FakeStore, video: Video) -> None:
    first = await stars.submit(video.id, 3)
    assert await stars.submit(video.id, 3) == first
    assert len(store.told) == 1


async def test_the_own_rating_is_the_caller_s_alone(stars: Stars, video: Video) -> None:
    mine = await stars.submit(video.id, 3)
    assert await stars.own(video.id) == mine
    with acting_as(Caller(new_id(), Role.STUDENT)), pytest.raises(RatingNotFound):
        await stars.own(video.id)


async def test_a_rating_taken_back_is_gone_and_told(stars: Stars, store: FakeStore, video: Video) -> None:
    await stars.submit(video.id, 3)
    await stars.delete(video.id)
    with pytest.raises(RatingNotFound):
        await stars.own(video.id)
    totals = await stars.totals(video.id)
    assert (totals.count, totals.version) == (0, 2)
    assert [subject for subject, *_ in store.told] == ["rating.submitted", "rating.deleted"]
    assert store.told[-1][-1] == totals


async def test_what_was_never_given_cannot_be_taken_back(stars: Stars, store: FakeStore, video: Video) -> None:
    with pytest.raises(RatingNotFound):
        await stars.delete(video.id)
    assert store.told == []


async def test_an_own_video_cannot_be_rated(stars: Stars, video: Video) -> None:
    with acting_as(Caller(video.created_by, Role.STUDENT)), pytest.raises(OwnVideoRated):
        await stars.submit(video.id, 5)


async def test_an_unknown_video_cannot_be_rated(stars: Stars) -> None:
    with pytest.raises(VideoNotFound):
        await stars.submit(new_id(), 5)


async def test_a_video_without_ratings_has_zeros(stars: Stars, video: Video) -> None:
    assert (await stars.totals(video.id)).histogram == (0, 0, 0, 0, 0)
