"""Planner events and the rules they follow. Pure; time is an argument."""

import zoneinfo
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache

from planner_service.errors import EventChanged, PeriodInvalid, TimeZoneUnknown, TitleEmpty

# Times beyond these are typing mistakes, and near the ends of the calendar arithmetic with zones overflows.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
LONGEST_PERIOD = timedelta(days=400)
DEFAULT_PAST = timedelta(days=7)
DEFAULT_PERIOD = timedelta(days=30)


class Subject(StrEnum):
    """A school subject; NONE when the event has none."""

    NONE = "NONE"
    MATH = "MATH"
    CHEMISTRY = "CHEMISTRY"
    HISTORY = "HISTORY"
    ENGLISH = "ENGLISH"


class EventType(StrEnum):
    """What kind of event it is."""

    ASSIGNMENT = "ASSIGNMENT"
    STUDY = "STUDY"
    EXAM = "EXAM"
    PROJECT = "PROJECT"


class Happening(StrEnum):
    """What can happen to an event."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class Reminder:
    """When to remind: either `minutes_before` the start or at a fixed `time`."""

    minutes_before: int | None = None
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody wants to do and when; times are absolute, `time_zone` is the zone they are meant in."""

    title: str
    start_time: datetime
    end_time: datetime
    description: str = ""
    subject: Subject = Subject.NONE
    type: EventType = EventType.STUDY
    all_day: bool = False
    time_zone: str = "UTC"
    recurrence: tuple[str, ...] = ()
    reminders: tuple[Reminder, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A plan in its owner's planner. `version` grows with every change; `complete_time` is None until it is done."""

    id: str
    user_id: str
    request_id: str | None
    plan: Plan
    complete_time: datetime | None
    version: int
    create_time: datetime
    update_time: datetime

    @property
    def etag(self) -> str:
        """Names this state of the event."""
        return str(self.version)


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to, but not including, `end`."""

    start: datetime
    end: datetime


def check(plan: Plan) -> Plan:
    """The plan with its title trimmed. Raises TitleEmpty, TimeZoneUnknown, PeriodInvalid."""
    title = plan.title.strip()
    if not title:
        raise TitleEmpty(fields={"title": "must hold more than white space"})
    if plan.time_zone not in time_zones():
        raise TimeZoneUnknown(fields={"time_zone": "is not in the IANA database"}, time_zone=plan.time_zone)
    check_order(plan.start_time, plan.end_time)
    for reminder in plan.reminders:
        if reminder.time:
            check_calendar(reminder.time, "reminders")
    return replace(plan, title=title)


def check_order(start: datetime, end: datetime) -> None:
    """Raises PeriodInvalid when the end comes first or either lies outside the calendar."""
    check_calendar(start, "start_time")
    check_calendar(end, "end_time")
    if end < start:
        raise _invalid("end_time", "is before start_time")


def check_calendar(time: datetime, field: str) -> None:
    """Raises PeriodInvalid for a time no planner can mean."""
    if not EARLIEST <= time < LATEST:
        raise _invalid(field, "is not between the years 1900 and 2200")


def period(start: datetime | None, end: datetime | None, now: datetime) -> Period:
    """The period to list: from 7 days ago and for 30 days unless stated. Raises PeriodInvalid."""
    start = start or now - DEFAULT_PAST
    check_calendar(start, "start_time")
    end = end or start + DEFAULT_PERIOD
    check_order(start, end)
    if end - start > LONGEST_PERIOD:
        raise _invalid("end_time", f"is more than {LONGEST_PERIOD.days} days after start_time")
    return Period(start, end)


def complete(event: Event, completed: bool, now: datetime) -> Event:
    """The event done or not done; the same event when it is so already."""
    if (event.complete_time is not None) is completed:
        return event
    return replace(event, complete_time=now if completed else None, version=event.version + 1, update_time=now)


def check_etag(event: Event, etag: str) -> None:
    """An empty `etag` is content with any state. Raises EventChanged."""
    if etag and etag != event.etag:
        raise EventChanged(event=event.id, etag=event.etag)


@cache
def time_zones() -> frozenset[str]:
    """Every name of the IANA database; its files are read the first time only."""
    return frozenset(zoneinfo.available_timezones())


def _invalid(field: str, problem: str) -> PeriodInvalid:
    return PeriodInvalid(fields={field: problem}, field=field, problem=problem)
