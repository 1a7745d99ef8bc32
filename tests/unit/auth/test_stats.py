"""How many days in a row."""

from datetime import date, timedelta

import pytest

from auth_service.domain.stats import Streak, with_day

TODAY = date(2026, 3, 29)


def length(*days_ago: int) -> int:
    streak = Streak(TODAY)
    for ago in days_ago:
        if (longer := with_day(streak, TODAY - timedelta(days=ago))) is None:
            break
        streak = longer
    return streak.length


@pytest.mark.parametrize(
    ("days_ago", "expected"),
    [
        ((), 0),
        ((0,), 1),
        ((0, 0, 0), 1),
        ((1,), 1),
        ((2,), 0),
        ((0, 1, 2), 3),
        ((1, 2, 2, 3), 3),
        ((0, 2, 3), 1),
        ((0, 1, 3), 2),
    ],
)
def test_a_streak_ends_today_or_yesterday_and_has_no_gap(days_ago: tuple[int, ...], expected: int) -> None:
    assert length(*days_ago) == expected
