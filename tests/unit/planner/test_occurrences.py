"""When a recurring event takes place, against python-dateutil."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from fakes.planner.made import HOUR, NOON, a_plan, an_event
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from planner_service.domain.events import EARLIEST, Period, Plan, check
from planner_service.errors import RecurrenceInvalid
from planner_service.use_cases import expansion, recurrence

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu"]


def _plan(start: datetime, *lines: str, **fields: object) -> Plan:
    zone = str(start.tzinfo)
    return a_plan(start_time=start, end_time=start + HOUR, time_zone=zone, recurrence=lines, **fields)


def _starts(plan: Plan, before: datetime) -> list[datetime]:
    return list(expansion.starts(plan, Period(EARLIEST, before)))


_DAYS = some.lists(some.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=3, unique=True)
_RULES = some.builds(
    lambda frequency, interval, parts: ";".join([f"RRULE:FREQ={frequency}", f"INTERVAL={interval}", *parts]),
    some.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    some.integers(1, 4),
    some.lists(
        some.one_of(
            _DAYS.map(lambda days: "BYDAY=" + ",".join(days)),
            some.integers(1, 12).map("BYMONTH={}".format),
            some.integers(-31, 31).filter(bool).map("BYMONTHDAY={}".format),
            some.sampled_from(["WKST=SU", "BYHOUR=2,14", "BYSETPOS=-1", "COUNT=5", "UNTIL=20280401T020000Z"]),
        ),
        max_size=3,
        unique_by=lambda part: part.partition("=")[0],
    ),
)
_STARTS = some.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)).map(
    lambda wall: wall.replace(second=0, microsecond=0)
)


@settings(deadline=None)  # a busy machine is no failure
@given(rule=_RULES, wall=_STARTS, zone=some.sampled_from(ZONES), weeks=some.integers(0, 150))
def test_a_rule_gives_what_python_dateutil_gives(rule: str, wall: datetime, zone: str, weeks: int) -> None:
    start = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))
    plan = _plan(start, rule)
    try:
        recurrence.check(plan)
    except RecurrenceInvalid:
        assume(False)
    before = start.astimezone(UTC) + timedelta(weeks=weeks)
    expected = {start.astimezone(UTC)}
    for each in rrulestr(rule, dtstart=start):
        if each.replace(tzinfo=None) > before.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + timedelta(days=1):
            break
        expected.add(each.astimezone(UTC))
    assert _starts(plan, before) == sorted(each for each in expected if each < before)


@given(
    wall=_STARTS,
    added=some.sets(some.integers(1, 60)),
    removed=some.sets(some.integers(0, 60)),
)
def test_added_and_removed_dates_are_those_of_python_dateutil(
    wall: datetime, added: set[int], removed: set[int]
) -> None:
    start = wall.replace(tzinfo=UTC)
    lines = ["RRULE:FREQ=DAILY;INTERVAL=3;COUNT=9"]
    for name, days in ("RDATE", sorted(added)), ("EXDATE", sorted(removed)):
        if days:
            lines.append(f"{name}:" + ",".join(f"{start + timedelta(days=day):%Y%m%dT%H%M%SZ}" for day in days))
    expected = list(rrulestr("\n".join(lines), dtstart=start, forceset=True, compatible=True))
    assert _starts(_plan(start, *lines), start + timedelta(days=400)) == expected


@given(
    wall=_STARTS,
    zone=some.sampled_from(ZONES),
    cut=some.integers(0, 500),
    length=some.integers(0, 72),
    all_day=some.booleans(),
)
def test_two_periods_side_by_side_hold_together_what_the_whole_holds(
    wall: datetime, zone: str, cut: int, length: int, all_day: bool
) -> None:
    start = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    plan = check(a_plan(start_time=start, end_time=start + length * HOUR, time_zone=zone, all_day=all_day))
    event = an_event(plan=check(a_plan(**{**_fields(plan), "recurrence": ("RRULE:FREQ=DAILY;INTERVAL=2",)})))
    middle = start + cut * HOUR
    first, second = Period(start - HOUR, middle), Period(middle, start + 600 * HOUR)
    whole = recurrence.occurrences(event, Period(first.start, second.end))
    parts = [*recurrence.occurrences(event, first), *recurrence.occurrences(event, second)]
    assert {each.start for each in parts} == {each.start for each in whole}


def _fields(plan: Plan) -> dict[str, object]:
    return {name: getattr(plan, name) for name in ("start_time", "end_time", "time_zone", "all_day")}


def test_an_excluded_date_in_the_local_time_of_a_zone_is_left_out() -> None:
    start = datetime(2026, 10, 19, 16, tzinfo=ZoneInfo("Europe/Berlin"))
    plan = _plan(start, "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/Berlin:20261026T160000")
    assert [each.day for each in _starts(plan, start + timedelta(days=60))] == [19, 2]


def test_whole_days_stay_whole_when_the_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 3, 28, tzinfo=berlin)
    plan = check(_plan(start, "RRULE:FREQ=DAILY;COUNT=3", all_day=True))
    found = list(recurrence.occurrences(an_event(plan), Period(NOON - timedelta(days=300), NOON)))
    assert [(each.start.astimezone(berlin).hour, each.end.astimezone(berlin).hour) for each in found] == [(0, 0)] * 3
    assert [(each.end - each.start) / HOUR for each in found] == [24, 23, 24]


@settings(deadline=None)  # a busy machine is no failure
@given(
    rule=_RULES, wall=_STARTS, zone=some.sampled_from(ZONES), years=some.integers(1, 80), length=some.integers(1, 90)
)
def test_a_period_long_after_the_start_holds_what_python_dateutil_gives(
    rule: str, wall: datetime, zone: str, years: int, length: int
) -> None:
    start = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))
    plan = _plan(start, rule)
    try:
        recurrence.check(plan)
    except RecurrenceInvalid:
        assume(False)
    period = Period(start.astimezone(UTC) + timedelta(days=365 * years), start + timedelta(days=365 * years + length))
    wall_end = period.end.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + timedelta(days=1)
    whole = takewhile(lambda each: each.replace(tzinfo=None) < wall_end, rrulestr(rule, dtstart=start))
    expected = {each for each in (each.astimezone(UTC) for each in whole) if period.start <= each < period.end}
    assert list(expansion.starts(plan, period)) == sorted(expected)


def test_a_series_goes_on_however_long_ago_it_began() -> None:
    start = datetime(1900, 1, 1, 9, tzinfo=UTC)
    plan = _plan(start, "RRULE:FREQ=DAILY")
    assert list(expansion.starts(plan, Period(NOON, NOON + timedelta(days=2)))) == [
        NOON.replace(hour=9) + timedelta(days=day) for day in (1, 2)
    ]


def test_a_series_with_a_count_is_bounded() -> None:
    plan = _plan(datetime(1900, 1, 1, tzinfo=UTC), "RRULE:FREQ=DAILY;BYHOUR=0,6,12,18;COUNT=99999")
    assert len(_starts(plan, NOON)) == expansion.MOST_OCCURRENCES
