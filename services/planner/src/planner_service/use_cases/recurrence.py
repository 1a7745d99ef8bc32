"""Recurrence lines of RFC 5545, read by python-dateutil so that the calendar's rules are not written twice."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from planner_service.domain import time_zones
from planner_service.errors import RecurrenceInvalid

_LINE = re.compile(r"(RRULE:|RDATE[:;]|EXDATE[:;])[!-~]+")
# dateutil guesses at dates such as "12"; RFC 5545 has these two forms only.
_DATES = re.compile(r"\d{8}T\d{6}Z?(,\d{8}T\d{6}Z?)*", re.ASCII)
# dateutil never comes back from an interval of zero.
_NO_INTERVAL = re.compile(r"INTERVAL=0*(;|$)", re.IGNORECASE)
# What it raises on lines it cannot read is not only ValueError.
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


def check(lines: tuple[str, ...], start: datetime, time_zone: str) -> None:
    """Each line is an RRULE, RDATE or EXDATE that can be expanded from `start`. Raises RecurrenceInvalid."""
    for line in lines:
        _check_form(line)
        _check_meaning(line, start.astimezone(ZoneInfo(time_zone)))
    rules = [line for line in lines if line.startswith("RRULE:")]
    if len(rules) > 1:
        raise _invalid(rules[1], "is a second RRULE, and an event has one")


def _check_form(line: str) -> None:
    if not _LINE.fullmatch(line):
        raise _invalid(line, "does not begin with RRULE, RDATE or EXDATE, or holds white space or letters beyond ASCII")
    if line.startswith("RRULE:"):
        if _NO_INTERVAL.search(line):
            raise _invalid(line, "has an interval of zero")
    elif not _DATES.fullmatch(line.partition(":")[2]):
        raise _invalid(line, "has a date that is not written as 20261123T120000Z")


def _check_meaning(line: str, start: datetime) -> None:
    try:
        rrulestr(line, dtstart=start, forceset=True, tzids=_zone)
    except _UNREADABLE as error:
        raise _invalid(line, f"cannot be read ({error})") from None


def _zone(name: str) -> ZoneInfo:
    """dateutil itself would open any file of that name, and take an unknown zone for none."""
    if name not in time_zones():
        raise ValueError(f"there is no time zone {name}")
    return ZoneInfo(name)


def _invalid(line: str, problem: str) -> RecurrenceInvalid:
    return RecurrenceInvalid(fields={"recurrence": problem}, line=line, problem=problem)
