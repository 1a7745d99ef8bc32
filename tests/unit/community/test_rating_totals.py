"""How one rating changes the totals."""

import pytest
from fakes.community.made import a_video
from hypothesis import given
from hypothesis import strategies as some

from community_service.domain.ratings import RatingTotals, check_rater, count
from community_service.errors import OwnVideoRated


def test_a_first_rating_counts_in_sum_count_and_histogram() -> None:
    totals = count(RatingTotals("v"), before=None, now=4)
    assert (totals.sum, totals.count, totals.histogram, totals.average) == (4, 1, (0, 0, 0, 1, 0), 4.0)


def test_a_changed_rating_moves_and_is_not_counted_twice() -> None:
    totals = count(count(RatingTotals("v"), before=None, now=1), before=1, now=5)
    assert (totals.sum, totals.count, totals.histogram) == (5, 1, (0, 0, 0, 0, 1))


def test_a_rating_taken_back_leaves_no_trace_but_the_version() -> None:
    totals = count(count(RatingTotals("v"), before=None, now=3), before=3, now=None)
    assert totals == RatingTotals("v", version=2)


def test_every_change_raises_the_version_by_one() -> None:
    assert count(RatingTotals("v", version=6), before=None, now=2).version == 7


def test_without_ratings_the_average_is_zero() -> None:
    assert RatingTotals("v").average == 0.0


def test_the_one_who_asked_for_a_video_may_not_rate_it() -> None:
    video = a_video()
    with pytest.raises(OwnVideoRated):
        check_rater(video, video.created_by)


def test_anybody_else_may_rate_it() -> None:
    check_rater(a_video(), "somebody else")


@given(some.lists(some.tuples(some.sampled_from("abc"), some.none() | some.integers(1, 5))))
def test_the_totals_are_those_of_the_ratings_that_stand(changes: list[tuple[str, int | None]]) -> None:
    totals, standing = RatingTotals("v"), dict[str, int]()
    for user, stars in changes:
        totals = count(totals, before=standing.pop(user, None), now=stars)
        if stars is not None:
            standing[user] = stars
    assert (totals.sum, totals.count, totals.version) == (sum(standing.values()), len(standing), len(changes))
    assert list(totals.histogram) == [list(standing.values()).count(stars) for stars in range(1, 6)]
