"""When a recurring event takes place, against python-dateutil and examples of RFC 5545."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from fakes.planner.made import HOUR, NOON, a_plan, an_event
from hypothesis import assume, given
from hypothesis import strategies as some

from planner_service.domain.events import Period, Plan, check
from planner_service.errors import RecurrenceInvalid
from planner_service.use_cases import recurrence

NEW_YORK = ZoneInfo("America/New_York")
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu"]


def _plan(start: datetime, *lines: str, **fields: object) -> Plan:
    zone = str(start.tzinfo)
    return a_plan(start_time=start, end_time=start + HOUR, time_zone=zone, recurrence=lines, **fields)


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
    assert recurrence.starts(plan, before) == sorted(each for each in expected if each < before)


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
    assert recurrence.starts(_plan(start, *lines), start + timedelta(days=400)) == expected


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


@pytest.mark.parametrize(
    ("rule", "first", "days"),
    [
        ("FREQ=DAILY;COUNT=10", "1997-09-02", "0902 0903 0904 0905 0906 0907 0908 0909 0910 0911"),
        ("FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09-02", "0902 0912 0922 1002 1012"),
        ("FREQ=WEEKLY;UNTIL=19970924T000000Z;WKST=SU;BYDAY=TU,TH", "1997-09-02", "0902 0904 0909 0911 0916 0918 0923"),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05", "0805 0810 0819 0824"),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05", "0805 0817 0819 0831"),
        ("FREQ=MONTHLY;COUNT=4;BYDAY=1FR", "1997-09-05", "0905 1003 1107 1205"),
        ("FREQ=MONTHLY;COUNT=4;BYMONTHDAY=-3", "1997-09-28", "0928 1029 1128 1229"),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04", "0904 1007 1106"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=2", "1998-02-13", "0213 0313"),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997-09-29", "0929 1030 1127"),
    ],
)  # fmt: skip
def test_an_example_of_rfc_5545_takes_place_as_it_says(rule: str, first: str, days: str) -> None:
    """At nine o'clock in New York throughout, whatever the clocks do (section 3.8.5.3)."""
    start = datetime.fromisoformat(f"{first}T09:00").replace(tzinfo=NEW_YORK)
    found = recurrence.starts(_plan(start, f"RRULE:{rule}"), start + timedelta(days=200))
    assert [f"{each.astimezone(NEW_YORK):%m%d %H%M}" for each in found] == [f"{day} 0900" for day in days.split()]


def test_an_excluded_date_in_the_local_time_of_a_zone_is_left_out() -> None:
    start = datetime(2026, 10, 19, 16, tzinfo=ZoneInfo("Europe/Berlin"))
    plan = _plan(start, "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/Berlin:20261026T160000")
    assert [each.day for each in recurrence.starts(plan, start + timedelta(days=60))] == [19, 2]


def test_whole_days_stay_whole_when_the_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 3, 28, tzinfo=berlin)
    plan = check(_plan(start, "RRULE:FREQ=DAILY;COUNT=3", all_day=True))
    found = recurrence.occurrences(an_event(plan), Period(NOON - timedelta(days=300), NOON))
    assert [(each.start.astimezone(berlin).hour, each.end.astimezone(berlin).hour) for each in found] == [(0, 0)] * 3
    assert [(each.end - each.start) / HOUR for each in found] == [24, 23, 24]


def test_a_series_without_end_is_bounded() -> None:
    plan = _plan(datetime(1900, 1, 1, tzinfo=UTC), "RRULE:FREQ=DAILY;BYHOUR=0,6,12,18")
    assert len(recurrence.starts(plan, NOON)) == recurrence.MOST_OCCURRENCES
