"""Plans, events, their occurrences and completion."""

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

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


class Scope(StrEnum):
    """How much of a recurring event is meant."""

    THIS = "THIS"
    FOLLOWING = "FOLLOWING"
    ALL = "ALL"


@dataclass(frozen=True, slots=True)
class Which:
    """All occurrences of an event, the one that starts at `start`, or those from that one on."""

    scope: Scope = Scope.ALL
    start: datetime | None = None


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
class Completion:
    """The occurrence that starts at `occurrence_start` was marked done at `time`."""

    occurrence_start: datetime
    time: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """A plan in its owner's planner. `version` grows with every change.

    An event that does not recur has one occurrence, at its start.
    """

    id: str
    user_id: str
    request_id: str | None
    plan: Plan
    completions: tuple[Completion, ...]
    version: int
    create_time: datetime
    update_time: datetime
    sequence: int = field(default=0, compare=False)
    """The version its planner had with its last change; the database counts."""
    reminder_time: datetime | None = field(default=None, compare=False)
    """When the next reminder is due that has not been sent; None when there is none."""
    uid: str | None = None
    """What iCalendar files call it that it was imported from; None for an event made here."""

    @property
    def etag(self) -> str:
        """Names this state of the event."""
        return str(self.version)

    def occurrence(self, start: datetime) -> "Occurrence":
        """The occurrence that starts then, which is for the caller to know."""
        return Occurrence(self, start, end_of(self.plan, start))


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time an event takes place."""

    event: Event
    start: datetime
    end: datetime

    @property
    def complete_time(self) -> datetime | None:
        """When it was marked done; None when it is not."""
        return next((each.time for each in self.event.completions if each.occurrence_start == self.start), None)

    def overlaps(self, period: "Period") -> bool:
        """Whether it shares time with the period; without length, it is where it starts."""
        return self.start < period.end and (self.end > period.start or self.start >= period.start)


@dataclass(frozen=True, slots=True)
class Due:
    """It is time, at `time`, to remind of the event's occurrence that starts at `start`."""

    event: Event
    start: datetime
    time: datetime


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to, but not including, `end`."""

    start: datetime
    end: datetime


def check(plan: Plan) -> Plan:
    """The plan with its title trimmed and whole days made whole. Raises TitleEmpty, TimeZoneUnknown, PeriodInvalid."""
    title = plan.title.strip()
    if not title:
        raise TitleEmpty(fields={"title": "must hold more than white space"})
    if plan.time_zone not in time_zones():
        raise TimeZoneUnknown(fields={"timeZone": "is not in the IANA database"}, time_zone=plan.time_zone)
    check_order(plan.start_time, plan.end_time)
    for reminder in plan.reminders:
        if reminder.time:
            check_calendar(reminder.time, "reminders")
    return replace(_whole_days(plan) if plan.all_day else plan, title=title)


def _whole_days(plan: Plan) -> Plan:
    """From midnight to midnight of its zone; a day that has begun counts whole."""
    first, last = wall(plan, plan.start_time), wall(plan, plan.end_time)
    days = (last.date() - first.date()).days + (last.time() > time.min or last.date() == first.date())
    start = datetime.combine(first.date(), time.min)
    return replace(plan, start_time=instant(plan, start), end_time=instant(plan, start + timedelta(days=days)))


def wall(plan: Plan, moment: datetime) -> datetime:
    """What the clock on the wall shows at `moment` in the plan's zone, without a zone."""
    return moment.astimezone(zoneinfo.ZoneInfo(plan.time_zone)).replace(tzinfo=None)


def instant(plan: Plan, wall: datetime) -> datetime:
    """The moment, in UTC, at which the clock of the plan's zone shows `wall`.

    A time that is shown twice means the first, one that is skipped counts on from before the gap (RFC 5545, 3.3.5).
    """
    return wall.replace(tzinfo=zoneinfo.ZoneInfo(plan.time_zone)).astimezone(UTC)


def end_of(plan: Plan, start: datetime) -> datetime:
    """When the occurrence that starts then ends: whole days later, or exactly as much later as the plan lasts."""
    if not plan.all_day:
        return start + (plan.end_time - plan.start_time)
    days = wall(plan, plan.end_time) - wall(plan, plan.start_time)
    return instant(plan, wall(plan, start) + days)


def check_order(start: datetime, end: datetime) -> None:
    """Raises PeriodInvalid when the end comes first or either lies outside the calendar."""
    check_calendar(start, "startTime")
    check_calendar(end, "endTime")
    if end < start:
        raise _invalid("endTime", "is before startTime")


def check_calendar(time: datetime, field: str) -> None:
    """Raises PeriodInvalid for a time no planner can mean."""
    if not EARLIEST <= time < LATEST:
        raise _invalid(field, "is not between the years 1900 and 2200")


def period(start: datetime | None, end: datetime | None, now: datetime) -> Period:
    """The period to list: from 7 days ago and for 30 days unless stated. Raises PeriodInvalid."""
    start = start or now - DEFAULT_PAST
    check_calendar(start, "startTime")
    end = end or start + DEFAULT_PERIOD
    check_order(start, end)
    if end - start > LONGEST_PERIOD:
        raise _invalid("endTime", f"is more than {LONGEST_PERIOD.days} days after startTime")
    return Period(start, end)


def complete(occurrence: Occurrence, completed: bool, now: datetime) -> Event:
    """The event with that occurrence done or not done; the same event when it is so already."""
    event = occurrence.event
    if (occurrence.complete_time is not None) is completed:
        return event
    others = tuple(each for each in event.completions if each.occurrence_start != occurrence.start)
    added = (Completion(occurrence.start, now),) if completed else ()
    return next_version(replace(event, completions=others + added), now)


def change(event: Event, fields: Mapping[str, Any], now: datetime) -> Event:
    """The event with those fields of its plan; the same event when they are so already.

    What was done stays done when the start moves. Raises TitleEmpty, TimeZoneUnknown, PeriodInvalid.
    """
    plan = check(replace(event.plan, **fields))
    if plan == event.plan:
        return event
    completions = tuple(replace(each, occurrence_start=_moved(each, event.plan, plan)) for each in event.completions)
    return next_version(replace(event, plan=plan, completions=completions), now)


def next_version(event: Event, now: datetime) -> Event:
    """The event after a change, so that its etag is another."""
    return replace(event, version=event.version + 1, update_time=now)


def _moved(completion: Completion, before: Plan, after: Plan) -> datetime:
    """Where the completed occurrence starts now: moved on the wall by as much as the whole plan."""
    distance = wall(after, after.start_time) - wall(before, before.start_time)
    return instant(after, wall(before, completion.occurrence_start) + distance)


def check_etag(event: Event, etag: str) -> None:
    """An empty `etag` is content with any state. Raises EventChanged."""
    if etag and etag != event.etag:
        raise EventChanged(event=event.id, etag=event.etag)


@cache
def time_zones() -> frozenset[str]:
    """Every name of the IANA database; its files are read the first time only.

    Not "localtime", which is another zone on every machine, nor "Factory", which says that none is set.
    """
    return frozenset(zoneinfo.available_timezones() - {"localtime", "Factory"})


def _invalid(field: str, problem: str) -> PeriodInvalid:
    return PeriodInvalid(fields={field: problem}, field=field, problem=problem)
