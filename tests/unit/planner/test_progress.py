"""How much is done, and for how many days in a row."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fakes.planner.made import HOUR, NOON, a_plan, an_event
from fakes.planner.store import FakeStore

from planner_service.domain.events import Completion, EventType, Period, Subject
from planner_service.domain.progress import Count, iso_week, streak
from planner_service.errors import TimeZoneUnknown
from planner_service.use_cases.events import Planner
from planner_service.use_cases.progress import ProgressReport
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

pytestmark = pytest.mark.usefixtures("ada")
DAY = timedelta(days=1)


@pytest.fixture
def report(store: FakeStore) -> ProgressReport:
    return ProgressReport(store, lambda: NOON)


async def test_a_period_is_summed_up_by_subject_type_and_week(planner: Planner, report: ProgressReport) -> None:
    exam = await planner.create(a_plan(subject=Subject.MATH, type=EventType.EXAM), None)
    weekly = await planner.create(a_plan(recurrence=("RRULE:FREQ=WEEKLY;COUNT=3",)), None)
    await planner.complete(exam.id, True, None)
    await planner.complete(weekly.id, True, NOON + 7 * DAY)
    summed = await report.over(Period(NOON - DAY, NOON + 30 * DAY))
    assert summed.total == Count(planned=4, completed=2)
    assert summed.by_subject == {Subject.MATH: Count(1, 1), Subject.NONE: Count(3, 1)}
    assert summed.by_type == {EventType.EXAM: Count(1, 1), EventType.STUDY: Count(3, 1)}
    assert summed.by_week == {"2026-W48": Count(2, 1), "2026-W49": Count(1, 1), "2026-W50": Count(1)}
    assert summed.total.rate == 0.5


async def test_an_event_counts_in_the_period_in_which_it_starts(planner: Planner, report: ProgressReport) -> None:
    await planner.create(a_plan(end_time=NOON + 2 * DAY), None)
    first, second = Period(NOON, NOON + DAY), Period(NOON + DAY, NOON + 2 * DAY)
    assert [(await report.over(period)).total.planned for period in (first, second)] == [1, 0]


async def test_more_events_than_one_read_are_all_counted(planner: Planner, report: ProgressReport) -> None:
    for _ in range(501):
        await planner.create(a_plan(), None)
    assert (await report.over(Period(NOON, NOON + DAY))).total.planned == 501


async def test_nothing_planned_is_nothing_done(report: ProgressReport) -> None:
    summed = await report.over(Period(NOON, NOON + DAY))
    assert (summed.total, summed.total.rate, summed.streak_days) == (Count(), 0.0, 0)


async def test_others_do_not_count(planner: Planner, report: ProgressReport) -> None:
    event = await planner.create(a_plan(), None)
    await planner.complete(event.id, True, None)
    with acting_as(Caller(new_id(), Role.STUDENT)):
        summed = await report.over(Period(NOON, NOON + DAY))
    assert (summed.total.planned, summed.streak_days) == (0, 0)
    assert (await report.over(Period(NOON, NOON + DAY))).streak_days == 1


@pytest.mark.parametrize(
    ("day", "week"), [("2026-11-23", "2026-W48"), ("2027-01-03", "2026-W53"), ("2024-12-30", "2025-W01")]
)
def test_a_week_belongs_to_the_year_that_iso_8601_gives_it(day: str, week: str) -> None:
    assert iso_week(datetime.fromisoformat(day).date()) == week


async def test_a_week_begins_at_midnight_of_the_event_s_zone(planner: Planner, report: ProgressReport) -> None:
    monday = datetime(2026, 11, 23, 0, 30, tzinfo=ZoneInfo("Pacific/Auckland")).astimezone(UTC)
    await planner.create(a_plan(start_time=monday, end_time=monday, time_zone="Pacific/Auckland"), None)
    assert list((await report.over(Period(monday - DAY, monday + DAY))).by_week) == ["2026-W48"]


def _done(zone: str, *times: datetime) -> tuple[str, tuple[Completion, ...]]:
    return zone, tuple(Completion(time, time) for time in times)


@pytest.mark.parametrize(
    ("days_ago", "length"),
    [([], 0), ([0], 1), ([1], 1), ([2], 0), ([0, 1, 2], 3), ([1, 2, 3], 3), ([0, 2], 1), ([0, 0, 1], 2)],
)
def test_a_streak_ends_today_or_yesterday(days_ago: list[int], length: int) -> None:
    assert streak([_done("UTC", *(NOON - ago * DAY for ago in days_ago))], NOON) == length


def test_a_streak_goes_by_local_midnight_also_when_the_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    evenings = [datetime(2026, 3, day, 23, 30, tzinfo=berlin) for day in (27, 28, 29, 30)]
    assert streak([_done("Europe/Berlin", *evenings)], evenings[-1] + HOUR) == 4
    assert streak([_done("UTC", evenings[0], evenings[0] + HOUR)], evenings[0] + HOUR) == 1


def test_a_streak_survives_a_journey_to_another_zone() -> None:
    home = _done("Europe/Berlin", datetime(2026, 11, 21, 12, tzinfo=UTC), datetime(2026, 11, 22, 12, tzinfo=UTC))
    away = _done("America/Los_Angeles", datetime(2026, 11, 24, 3, tzinfo=UTC))  # still the 23rd there
    assert streak([home, away], datetime(2026, 11, 24, 4, tzinfo=UTC)) == 3


def test_what_was_done_is_counted_on_the_day_it_was_done() -> None:
    event = an_event(a_plan(start_time=NOON - 9 * DAY), complete_time=NOON)
    assert streak([("UTC", event.completions)], NOON) == 1


@pytest.mark.parametrize(("here", "length"), [("", 0), ("UTC", 0), ("America/Los_Angeles", 1)])
def test_today_is_that_of_the_zone_that_is_asked_for(here: str, length: int) -> None:
    now = datetime(2026, 11, 25, 7, tzinfo=UTC)  # in Los Angeles still the 24th
    done = [("UTC", (Completion(NOON, NOON),))]  # on the 23rd
    assert streak(done, now, here) == length


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TimeZoneUnknown):
        streak([], NOON, "Mars/Olympus")
