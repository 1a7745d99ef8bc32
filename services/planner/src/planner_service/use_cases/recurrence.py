"""Recurrence lines of RFC 5545: which of them a planner takes, and the occurrences they give."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from planner_service.domain.events import EARLIEST, LATEST, LONGEST_PERIOD, Event, Occurrence, Period, Plan
from planner_service.errors import OccurrenceNotFound, OccurrenceRequired, RecurrenceInvalid
from planner_service.use_cases.expansion import by_rule, dates, parts, starts

# Times a day, in BYHOUR × BYMINUTE × BYSECOND.
_MOST_A_DAY = 48
# A rule by days, weeks or months that comes true more seldom would be looked for through all of them, each time.
_LONGEST_GAP = timedelta(days=366 * 8)
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
    if plan.recurrence and plan.end_time - plan.start_time > LONGEST_PERIOD:
        raise _invalid(plan.recurrence[0], f"is of an event of more than {LONGEST_PERIOD.days} days; make it shorter")
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
        without_end = ";".join(part for part in rule_parts if not part.startswith(("COUNT=", "UNTIL=")))
        first, second = [*islice(by_rule(without_end, plan), 2), LATEST, LATEST][:2]
    except _UNREADABLE as error:
        raise _invalid(line, f"cannot be read ({error})") from None
    if not happens or not _FREQUENCY.fullmatch(frequency):
        raise _invalid(line, "never comes true")
    if frequency != "FREQ=YEARLY" and second - first > _LONGEST_GAP:
        raise _invalid(line, "comes true less than every eight years; use YEARLY")


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
    if start not in starts(event.plan, Period(start, start + timedelta(microseconds=1))):
        raise OccurrenceNotFound(event=event.id, start=start.isoformat())
    return event.occurrence(start)


def occurrences(event: Event, period: Period, since: datetime = EARLIEST) -> Iterator[Occurrence]:
    """The event's occurrences that overlap the period and start at `since` or later, by start, made as they are read.

    The start of an event is its first occurrence.
    """
    plan = event.plan
    length = plan.end_time - plan.start_time + timedelta(days=2)  # whole days may be longer, and clocks go back
    near = Period(max(period.start - length, since), period.end)
    found = (event.occurrence(start) for start in starts(plan, near))
    return (occurrence for occurrence in found if occurrence.overlaps(period))


def _invalid(line: str, problem: str) -> RecurrenceInvalid:
    return RecurrenceInvalid(fields={"recurrence": problem}, line=line, problem=problem)
