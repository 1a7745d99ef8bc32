"""A planner as an iCalendar file (RFC 5545, RFC 7986) that calendar programs subscribe to.

The same events always give the same bytes. Each series is one VEVENT with its rule: an occurrence that was edited is an event
of its own here, and its place in the series an EXDATE, so no RECURRENCE-ID is needed.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Timezone, vRecur
from icalendar import Event as Component

from planner_service.domain.events import Event, Plan, Reminder, Subject, wall
from planner_service.use_cases.expansion import dates, parts

UID_DOMAIN = "littlemonster"
CONTENT_TYPE = "text/calendar; charset=utf-8; method=PUBLISH"
_PRODID = "-//Little Monster//Planner//EN"
_NAME = "Little Monster"
_REFRESH = timedelta(hours=1)
# What a VTIMEZONE tells of; programs know the zones by their names as well.
_FIRST_YEAR, _LAST_YEAR, _YEARS_MORE = 1970, 2060, 10


def uid(event: Event) -> str:
    """What calendar programs know the event by, as long as it lives."""
    return event.uid or f"{event.id}@{UID_DOMAIN}"


def written(events: Iterable[Event]) -> bytes:
    """The file."""
    calendar = Calendar()
    calendar.add("prodid", _PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", _NAME)
    calendar.add("x-wr-calname", _NAME)
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    found = list(events)
    for zone in _zones(found):
        calendar.add_component(zone)
    for event in found:
        calendar.add_component(_component(event))
    return bytes(calendar.to_ical())


def _zones(events: list[Event]) -> Iterator[Timezone]:
    """A VTIMEZONE for each zone that is named, from the first year it is used in."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for event in events:
        if not event.plan.all_day and (name := event.plan.time_zone) != "UTC":
            first[name] = min(first.get(name, 9999), event.plan.start_time.year)
            last[name] = max(last.get(name, 0), event.plan.end_time.year, event.update_time.year)
    return (
        _zone(name, max(first[name], _FIRST_YEAR), min(last[name] + _YEARS_MORE, _LAST_YEAR)) for name in sorted(first)
    )


@lru_cache(maxsize=1024)
def _zone(name: str, first: int, last: int) -> Timezone:
    return Timezone.from_tzid(name, first_date=date(min(first, last - 1), 1, 1), last_date=date(last, 1, 1))


def _component(event: Event) -> Component:
    plan, component = event.plan, Component()
    component.add("uid", uid(event))
    component.add("dtstamp", event.update_time)
    component.add("created", event.create_time)
    component.add("last-modified", event.update_time)
    component.add("sequence", event.version - 1)
    component.add("summary", plan.title)
    if plan.description:
        component.add("description", plan.description)
    component.add("categories", [plan.type.value, *([plan.subject.value] if plan.subject is not Subject.NONE else [])])
    component.add("dtstart", _moment(plan, plan.start_time))
    if plan.end_time > plan.start_time:
        component.add("dtend", _moment(plan, plan.end_time))
    for line in plan.recurrence:
        _add_recurrence(component, line, plan)
    for reminder in plan.reminders:
        component.add_component(_alarm(reminder, plan))
    return component


def _moment(plan: Plan, moment: datetime) -> date:
    """A day of an event of whole days, else the time on the clock of the event's zone."""
    if plan.all_day:
        return wall(plan, moment).date()
    return moment.astimezone(UTC if plan.time_zone == "UTC" else ZoneInfo(plan.time_zone))


def _add_recurrence(component: Component, line: str, plan: Plan) -> None:
    if not line.startswith("RRULE:"):
        moments = [_moment(plan, each) for each in dates(line, plan)]
        component.add("exdate" if line.startswith("EXDATE") else "rdate", moments)
        return
    rule = vRecur.from_ical(";".join(parts(line)))
    if until := rule.get("UNTIL"):
        rule["UNTIL"] = [_until(until[0], plan)]
    component.add("rrule", rule)


def _until(until: date, plan: Plan) -> date:
    """Of the same kind as the start, as RFC 5545 demands: a day for whole days, else a time in UTC."""
    if plan.all_day:
        return wall(plan, until).date() if isinstance(until, datetime) else until
    if isinstance(until, datetime):
        return until
    return datetime(until.year, until.month, until.day, 23, 59, 59, tzinfo=ZoneInfo(plan.time_zone)).astimezone(UTC)


def _alarm(reminder: Reminder, plan: Plan) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", plan.title)
    if reminder.time:
        alarm.add("trigger", reminder.time.astimezone(UTC), parameters={"VALUE": "DATE-TIME"})
    else:
        alarm.add("trigger", -timedelta(minutes=reminder.minutes_before or 0))
    return alarm
