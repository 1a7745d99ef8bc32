"""Every example of a recurrence rule in RFC 5545, section 3.8.5.3: it takes place as the text says, or is refused."""

from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from fakes.planner.made import HOUR, a_plan

from planner_service.domain.events import EARLIEST, LATEST, Period, Plan
from planner_service.errors import RecurrenceInvalid
from planner_service.use_cases import recurrence
from planner_service.use_cases.expansion import starts

NEW_YORK = ZoneInfo("America/New_York")
_EVERY_DAY = "BYDAY=SU,MO,TU,WE,TH,FR,SA"
_SCHOOL_HOURS = "BYHOUR=9,10,11,12,13,14,15,16"


def _plan(first: str, *lines: str) -> Plan:
    """At nine o'clock in New York, whatever the clocks do."""
    start = datetime.strptime(f"{first}0900", "%Y%m%d%H%M").replace(tzinfo=NEW_YORK)
    return a_plan(start_time=start, end_time=start + HOUR, time_zone=str(NEW_YORK), recurrence=lines)


def _days(text: str) -> list[str]:
    """ "1997 0902 0903 1998 0101" as 19970902 19970903 19980101; the years are those above 1500."""
    found, year = [], ""
    for word in text.split():
        if int(word) > 1500:
            year = word
        else:
            found.append(year + word)
    return found


# Rule, first day, and the days the RFC names; a rule with neither COUNT nor UNTIL goes on after them.
_EXAMPLES = [
    ("FREQ=DAILY;COUNT=10", "19970902", "1997 0902 0903 0904 0905 0906 0907 0908 0909 0910 0911"),
    ("FREQ=DAILY;INTERVAL=2", "19970902", "1997 0902 0904 0906 0908 0910 0912 0914 0916 0918 0920 0922 0924 0926"),
    ("FREQ=DAILY;INTERVAL=10;COUNT=5", "19970902", "1997 0902 0912 0922 1002 1012"),
    ("FREQ=WEEKLY;COUNT=10", "19970902", "1997 0902 0909 0916 0923 0930 1007 1014 1021 1028 1104"),
    (
        "FREQ=WEEKLY;UNTIL=19971224T000000Z",
        "19970902",
        "1997 0902 0909 0916 0923 0930 1007 1014 1021 1028 1104 1111 1118 1125 1202 1209 1216 1223",
    ),
    (
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "19970902",
        "1997 0902 0916 0930 1014 1028 1111 1125 1209 1223 1998 0106 0120 0203 0217",
    ),
    (
        "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
        "19970902",
        "1997 0902 0904 0909 0911 0916 0918 0923 0925 0930 1002",
    ),
    (
        "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH",
        "19970902",
        "1997 0902 0904 0909 0911 0916 0918 0923 0925 0930 1002",
    ),
    (
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
        "19970901",
        "1997 0901 0903 0905 0915 0917 0919 0929 1001 1003 1013 1015 1017 1027 1029 1031 1110 1112 1114 1124 1126 1128"
        " 1208 1210 1212 1222",
    ),
    (
        "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
        "19970902",
        "1997 0902 0904 0916 0918 0930 1002 1014 1016",
    ),
    (
        "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
        "19970905",
        "1997 0905 1003 1107 1205 1998 0102 0206 0306 0403 0501 0605",
    ),
    ("FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", "19970905", "1997 0905 1003 1107 1205"),
    (
        "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
        "19970907",
        "1997 0907 0928 1102 1130 1998 0104 0125 0301 0329 0503 0531",
    ),
    ("FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "19970922", "1997 0922 1020 1117 1222 1998 0119 0216"),
    ("FREQ=MONTHLY;BYMONTHDAY=-3", "19970928", "1997 0928 1029 1128 1229 1998 0129 0226"),
    (
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
        "19970902",
        "1997 0902 0915 1002 1015 1102 1115 1202 1215 1998 0102 0115",
    ),
    (
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
        "19970930",
        "1997 0930 1001 1031 1101 1130 1201 1231 1998 0101 0131 0201",
    ),
    (
        "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
        "19970910",
        "1997 0910 0911 0912 0913 0914 0915 1999 0310 0311 0312 0313",
    ),
    (
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        "19970902",
        "1997 0902 0909 0916 0923 0930 1104 1111 1118 1125 1998 0106 0113 0120 0127 0303 0310 0317 0324 0331",
    ),
    (
        "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
        "19970610",
        "1997 0610 0710 1998 0610 0710 1999 0610 0710 2000 0610 0710 2001 0610 0710",
    ),
    (
        "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
        "19970310",
        "1997 0310 1999 0110 0210 0310 2001 0110 0210 0310 2003 0110 0210 0310",
    ),
    (
        "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
        "19970101",
        "1997 0101 0410 0719 2000 0101 0409 0718 2003 0101 0410 0719 2006 0101",
    ),
    ("FREQ=YEARLY;BYDAY=20MO", "19970519", "1997 0519 1998 0518 1999 0517"),
    ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "19970512", "1997 0512 1998 0511 1999 0517"),
    (
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        "19970313",
        "1997 0313 0320 0327 1998 0305 0312 0319 0326 1999 0304 0311 0318 0325",
    ),
    (
        "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
        "19970605",
        "1997 0605 0612 0619 0626 0703 0710 0717 0724 0731 0807 0814 0821 0828 1998 0604 0611 0618 0625",
    ),
    (
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "19970913",
        "1997 0913 1011 1108 1213 1998 0110 0207 0307 0411 0509 0613",
    ),
    (
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "19961105",
        "1996 1105 2000 1107 2004 1102",
    ),
    ("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "19970904", "1997 0904 1007 1106"),
    (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "19970929",
        "1997 0929 1030 1127 1230 1998 0129 0226 0330",
    ),
    ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "19970805", "1997 0805 0810 0819 0824"),
    ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "19970805", "1997 0805 0817 0819 0831"),
    ("FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "20070115", "2007 0115 0130 0215 0315 0330"),
]


@pytest.mark.parametrize(("rule", "first", "days"), _EXAMPLES, ids=[rule for rule, *_ in _EXAMPLES])
def test_an_example_takes_place_as_it_says(rule: str, first: str, days: str) -> None:
    plan, expected = _plan(first, f"RRULE:{rule}"), _days(days)
    recurrence.check(plan)
    ends = "COUNT" in rule or "UNTIL" in rule
    found = islice(starts(plan, Period(EARLIEST, LATEST)), None if ends else len(expected))
    assert [f"{each.astimezone(NEW_YORK):%Y%m%d %H%M}" for each in found] == [f"{day} 0900" for day in expected]


def test_every_day_until_christmas_is_113_days() -> None:
    found = list(starts(_plan("19970902", "RRULE:FREQ=DAILY;UNTIL=19971224T000000Z"), Period(EARLIEST, LATEST)))
    assert (len(found), found[-1].astimezone(NEW_YORK).day) == (113, 23)


@pytest.mark.parametrize("rule", [f"FREQ=YEARLY;{_EVERY_DAY};BYMONTH=1", "FREQ=DAILY;BYMONTH=1"])
def test_every_day_in_january_for_three_years_is_93_days(rule: str) -> None:
    plan = _plan("19980101", f"RRULE:{rule};UNTIL=20000131T140000Z")
    found = [each.astimezone(NEW_YORK) for each in starts(plan, Period(EARLIEST, LATEST))]
    assert ([each.year for each in found].count(2000), {each.month for each in found}, len(found)) == (31, {1}, 93)


def test_every_friday_the_13th_leaves_out_the_start_that_is_none() -> None:
    plan = _plan(
        "19970902",
        "EXDATE;TZID=America/New_York:19970902T090000",
        "RRULE:FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
    )
    found = islice(starts(plan, Period(EARLIEST, LATEST)), 5)
    assert [f"{each:%Y%m%d}" for each in found] == _days("1998 0213 0313 1113 1999 0813 2000 1013")


def test_every_twenty_minutes_of_the_school_day_is_24_times_a_day() -> None:
    plan = _plan("19970902", f"RRULE:FREQ=DAILY;{_SCHOOL_HOURS};BYMINUTE=0,20,40")
    recurrence.check(plan)
    found = list(islice(starts(plan, Period(EARLIEST, LATEST)), 25))
    shown = [f"{each.astimezone(NEW_YORK):%d %H%M}" for each in found]
    assert (shown[:2], shown[-2:]) == (["02 0900", "02 0920"], ["02 1640", "03 0900"])


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z",
        "FREQ=MINUTELY;INTERVAL=15;COUNT=6",
        "FREQ=MINUTELY;INTERVAL=90;COUNT=4",
        f"FREQ=MINUTELY;INTERVAL=20;{_SCHOOL_HOURS}",
    ],
)
def test_what_recurs_by_hours_or_minutes_is_refused_with_what_to_use(rule: str) -> None:
    with pytest.raises(RecurrenceInvalid, match="use DAILY with BYHOUR"):
        recurrence.check(_plan("19970902", f"RRULE:{rule}"))
