"""Which recurrence lines can be kept."""

import contextlib

import pytest
from fakes.planner.made import a_plan
from hypothesis import given
from hypothesis import strategies as some

from planner_service.errors import RecurrenceInvalid
from planner_service.use_cases import recurrence


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10",),
        ("RRULE:FREQ=DAILY;UNTIL=20270101T000000Z",),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1FR;INTERVAL=10", "EXDATE:20261225T120000Z"),
        ("RRULE:FREQ=DAILY;UNTIL=20270101",),
        ("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",),
        ("RDATE:20261124T120000Z,20261126T120000Z",),
        ("RRULE:FREQ=WEEKLY", "EXDATE;TZID=Europe/Berlin:20261130T130000"),
    ],
)
def test_lines_of_rfc_5545_are_taken(lines: tuple[str, ...]) -> None:
    recurrence.check(a_plan(recurrence=lines, time_zone="Europe/Berlin"))


@pytest.mark.parametrize(
    "line",
    [
        "every Monday",
        "FREQ=WEEKLY",
        "DTSTART:20261123T120000Z",
        "EXRULE:FREQ=DAILY",
        "RRULE:",
        "RRULE:COUNT=3",
        "RRULE:FREQ=SOMETIMES",
        "RRULE:FREQ=WEEKLY;BYDAY=XX",
        "RRULE:FREQ=WEEKLY;COUNT=",
        "RRULE:FREQ=WEEKLY;COUNT=3;COUNT",
        "RRULE:FREQ=HOURLY",
        "RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7;BYMINUTE=0,10,20,30,40,50,55",
        "RRULE:FREQ=YEARLY;BYEASTER=0",
        "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
        "RRULE:FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;UNTIL=21000101T000000Z",
        "RRULE:FREQ=DAILY;UNTIL=20200101T000000Z",
        "RRULE:FREQ=DAILY;UNTIL=tomorrow",
        "RRULE:FREQ=DAILY;COUNT=0",
        "RRULE:FREQ=DAILY;COUNT=3;UNTIL=20270101T000000Z",
        "RRULE:FREQ=DAILY;INTERVAL=0",
        "RRULE:FREQ=DAILY;INTERVAL=00;COUNT=3",
        "RRULE:FREQ=DAILY;INTERVAL=-0;BYDAY=MO",
        "RRULE:FREQ=DAILY;INTERVAL=+0",
        "RRULE:FREQ=DAILY;INTERVAL=0_0",
        "RRULE:FREQ=DAILY;INTERVAL=-1",
        "RRULE:FREQ=DAILY;INTERVAL=٠",
        "RRULE:FREQ=DAILY;FREQ=SECONDLY",
        "RRULE:FREQ=DAILY;COUNT=-5",
        "RRULE:FREQ=DAILY\nDTSTART:19000101T000000Z",
        "RRULE:FREQ=DAILY RRULE:FREQ=DAILY",
        "RRULE:FREQ=DAILY;COUNT=３",
        "RRULE:FREQ=DAILY\x00",
        "RDATE:12",
        "RDATE:20261399T990000Z",
        "RDATE;TZID=Europe/Berlin:tomorrow",
        "EXDATE:20261123",
        "EXDATE;TZID=Nowhere/Land:20261123T120000",
        "EXDATE;TZID=/etc/localtime:20261123T120000",
        "EXDATE;VALUE=PERIOD:20261123T120000",
        "RDATE:00010101T000000",
        "RDATE:00010101T000000Z",
    ],
)
def test_anything_else_is_refused_naming_the_line(line: str) -> None:
    with pytest.raises(RecurrenceInvalid) as refused:
        recurrence.check(a_plan(recurrence=(line,)))
    assert refused.value.metadata["line"] == line


def test_an_event_has_one_rule() -> None:
    with pytest.raises(RecurrenceInvalid, match="second RRULE"):
        recurrence.check(a_plan(recurrence=("RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY")))


_NAMES = ["FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYWEEKNO", "BYHOUR", "X"]
_VALUES = ["DAILY", "SECONDLY", "0", "-1", "60", "400", "9" * 20, "MO", "-1FR", "5XX", "20270101T000000Z", "1,2,,", "="]
_PARTS = some.lists(some.tuples(some.sampled_from(_NAMES), some.sampled_from(_VALUES)), max_size=5)


@given(
    _PARTS.map(lambda parts: "RRULE:" + ";".join(map("=".join, parts))) | some.text(max_size=40).map("RRULE:".__add__)
)
def test_a_rule_is_taken_or_refused_whatever_it_is(line: str) -> None:
    with contextlib.suppress(RecurrenceInvalid):
        recurrence.check(a_plan(recurrence=(line,), time_zone="Europe/Berlin"))
