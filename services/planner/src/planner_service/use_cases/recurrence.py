"""Recurrence lines of RFC 5545, read and expanded by python-dateutil so that the calendar's rules are not written twice."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from planner_service.domain.events import EARLIEST, LATEST, Event, Occurrence, Period, Plan, instant, time_zones, wall
from planner_service.errors import OccurrenceNotFound, OccurrenceRequired, RecurrenceInvalid

# A series ends with this one: 27 years of every day. It bounds what a hostile rule can cost.
MOST_OCCURRENCES = 10_000
# Times a day, in BYHOUR × BYMINUTE × BYSECOND.
_MOST_A_DAY = 48
# The calendar repeats every 400 years, and dateutil gives up at the year 9999. A rule that never comes true, such as one
# for 30 February, is therefore read there: it fails after four centuries instead of eighty.
_SHIFT_YEARS = 7600
UTC_FORM = "%Y%m%dT%H%M%SZ"
_LINE = re.compile(r"(RRULE:|RDATE[:;]|EXDATE[:;])[!-~]+")
# dateutil guesses at dates such as "12"; RFC 5545 has these two forms only.
_DATE = r"\d{8}T\d{6}Z?"
_DATES = re.compile(rf"{_DATE}(,{_DATE})*", re.ASCII)
_PARAMETER = re.compile(r"TZID=[^=;:]+|VALUE=DATE-TIME")
_UNTIL = re.compile(r"UNTIL=(\d{8}(T\d{6}Z)?)", re.ASCII)
_FREQUENCY = re.compile(r"FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)")
_NUMBERS = re.compile(r"[+-]?\d{1,3}(,[+-]?\d{1,3})*", re.ASCII)
_DAYS = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU))*", re.ASCII)
# What RFC 5545 allows and nothing else: dateutil reads more than that, never comes back from an interval of zero however it
# is written, and of a part given twice takes the last.
_PARTS = {
    "FREQ": re.compile(r"[A-Z]+"),
    "INTERVAL": re.compile(r"0*[1-9]\d{0,3}", re.ASCII),
    "COUNT": re.compile(r"[1-9]\d{0,4}", re.ASCII),
    "UNTIL": re.compile(r".+"),
    "WKST": re.compile(r"MO|TU|WE|TH|FR|SA|SU"),
    "BYDAY": _DAYS,
    **dict.fromkeys(
        ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYHOUR", "BYMINUTE", "BYSECOND"), _NUMBERS
    ),
}
# What it raises on lines it cannot read is not only ValueError.
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


def check(plan: Plan) -> None:
    """Each line is an RRULE, RDATE or EXDATE that can be expanded from the start. Raises RecurrenceInvalid."""
    for line in plan.recurrence:
        if not _LINE.fullmatch(line):
            problem = "does not begin with RRULE, RDATE or EXDATE, or holds white space or letters beyond ASCII"
            raise _invalid(line, problem)
        if line.startswith("RRULE:"):
            _check_rule(line, plan)
        else:
            _check_dates(line, plan)
    rules = [line for line in plan.recurrence if line.startswith("RRULE:")]
    if len(rules) > 1:
        raise _invalid(rules[1], "is a second RRULE, and an event has one")


def _check_rule(line: str, plan: Plan) -> None:
    rule_parts = parts(line)
    if any(part.startswith("BYEASTER") for part in rule_parts):
        raise _invalid(line, "has BYEASTER, which RFC 5545 does not know")
    _check_parts(line, rule_parts)
    frequency = next((part for part in rule_parts if part.startswith("FREQ=")), "")
    if frequency in ("FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY") or _times_a_day(rule_parts) > _MOST_A_DAY:
        raise _invalid(line, "recurs more often than a planner shows; use DAILY with BYHOUR")
    if not all(_UNTIL.fullmatch(part) for part in rule_parts if part.startswith("UNTIL")):
        raise _invalid(line, "has an UNTIL that is not written as 20261123T120000Z")
    if {"COUNT", "UNTIL"} <= {part.partition("=")[0] for part in rule_parts}:
        raise _invalid(line, "has both COUNT and UNTIL")
    try:
        happens = next(by_rule(line, plan), LATEST) < LATEST
    except _UNREADABLE as error:
        raise _invalid(line, f"cannot be read ({error})") from None
    if not happens or not _FREQUENCY.fullmatch(frequency):
        raise _invalid(line, "never comes true")


def _check_parts(line: str, rule_parts: list[str]) -> None:
    seen = set()
    for part in rule_parts:
        name, _, value = part.partition("=")
        if name in seen:
            raise _invalid(line, f"has {name} twice")
        if name not in _PARTS or not _PARTS[name].fullmatch(value):
            raise _invalid(line, f"has a part that RFC 5545 does not know: {part[:40]}")
        seen.add(name)


def _times_a_day(parts: list[str]) -> int:
    times = 1
    for part in parts:
        if part.startswith(("BYHOUR=", "BYMINUTE=", "BYSECOND=")):
            times *= part.count(",") + 1
    return times


def _check_dates(line: str, plan: Plan) -> None:
    head, _, values = line.partition(":")
    if not _DATES.fullmatch(values):
        raise _invalid(line, "has a date that is not written as 20261123T120000Z")
    if not all(_PARAMETER.fullmatch(each) for each in head.split(";")[1:]):
        raise _invalid(line, "has a parameter other than TZID")
    try:
        moments = dates(line, plan)
    except _UNREADABLE as error:
        raise _invalid(line, f"cannot be read ({error})") from None
    if not all(EARLIEST <= date < LATEST for date in moments):
        raise _invalid(line, "has a date that is not between the years 1900 and 2200")


def occurrence(event: Event, start: datetime | None) -> Occurrence:
    """The occurrence that starts then. Raises OccurrenceNotFound, OccurrenceRequired when a series needs to know which."""
    if start is None and event.plan.recurrence:
        raise OccurrenceRequired(event=event.id)
    start = start or event.plan.start_time
    if start not in starts(event.plan, start + timedelta(microseconds=1)):
        raise OccurrenceNotFound(event=event.id, start=start.isoformat())
    return event.occurrence(start)


def occurrences(event: Event, period: Period) -> list[Occurrence]:
    """The event's occurrences that overlap the period, by start. The start of an event is its first occurrence."""
    plan = event.plan
    length = plan.end_time - plan.start_time + timedelta(days=2)  # whole days may be longer, and clocks go back
    near = Period(period.start - length, period.end)
    found = [event.occurrence(start) for start in starts(plan, near.end) if start >= near.start]
    return [occurrence for occurrence in found if occurrence.overlaps(period)]


def starts(plan: Plan, before: datetime) -> list[datetime]:
    """Every start of the plan before a time, in UTC, each once."""
    found, excluded = {plan.start_time}, set[datetime]()
    for line in plan.recurrence:
        if line.startswith("RRULE:"):
            # A day more: around a change of the clocks the order on the wall is not that of time.
            found.update(takewhile(lambda start: start < before + timedelta(days=1), by_rule(line, plan)))
        else:
            (excluded if line.startswith("EXDATE") else found).update(dates(line, plan))
    return sorted(start for start in found - excluded if start < before)


def by_rule(line: str, plan: Plan) -> Iterator[datetime]:
    """What the rule gives in UTC: expanded on the wall, so that ten o'clock stays ten o'clock."""
    until, first = _until(line, plan), wall(plan, plan.start_time)
    text = ";".join(part for part in parts(line) if not part.startswith("UNTIL="))
    rule = rrulestr(text, dtstart=_shifted(first, _SHIFT_YEARS))
    if not isinstance(rule, rrule):
        raise ValueError("it is not one rule")
    given = (instant(plan, _shifted(each, -_SHIFT_YEARS)) for each in islice(rule, MOST_OCCURRENCES))
    return takewhile(lambda start: start <= until, given)


def _shifted(wall: datetime, years: int) -> datetime:
    return wall.replace(year=wall.year + years)


def _until(line: str, plan: Plan) -> datetime:
    for part in parts(line):
        if match := _UNTIL.fullmatch(part):
            if match[2]:
                return datetime.strptime(match[1], UTC_FORM).replace(tzinfo=UTC)
            return instant(plan, datetime.combine(datetime.strptime(match[1], "%Y%m%d"), time.max))
    return LATEST


def dates(line: str, plan: Plan) -> list[datetime]:
    """The dates of an RDATE or EXDATE line in UTC; without a zone they are meant in the plan's."""
    head, _, values = line.partition(":")
    name = next((each[5:] for each in head.split(";") if each.startswith("TZID=")), plan.time_zone)
    if name not in time_zones():
        raise ValueError(f"there is no time zone {name}")
    return [_moment(value, ZoneInfo(name)) for value in values.split(",")]


def _moment(value: str, zone: ZoneInfo) -> datetime:
    moment = datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")
    return moment.replace(tzinfo=UTC if value.endswith("Z") else zone).astimezone(UTC)


def parts(line: str) -> list[str]:
    """The parts of a rule, such as "COUNT=3"."""
    return line.removeprefix("RRULE:").upper().split(";")


def _invalid(line: str, problem: str) -> RecurrenceInvalid:
    return RecurrenceInvalid(fields={"recurrence": problem}, line=line, problem=problem)
