"""A VEVENT of another tool's file as a plan: what Google, Apple and Outlook write, and what RFC 5545 allows besides."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Event as Component
from icalendar import vRecur
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from planner_service.domain.events import EventType, Plan, Reminder, Subject, instant, time_zones, wall
from planner_service.use_cases.calendar_components import LARGEST_COMPONENT, Part
from planner_service.use_cases.expansion import UTC_FORM

MOST_REMINDERS = 5
_LONGEST_UID, _LONGEST_TITLE, _LONGEST_DESCRIPTION = 500, 200, 5000
_EARLIEST_REMINDER = timedelta(weeks=4)
_LONGEST_RULE, _DATES_A_LINE = 450, 25
MOST_LINES = 20
"""Recurrence lines of one event, as the API takes them."""
_TZID = re.compile(r'([A-Za-z-]{1,20}(?:;[^:;"]*)*?;TZID=)("[^"]*"|[^:;"]*)', re.IGNORECASE)
_UNTITLED = "(no title)"


class Unusable(ValueError):
    """The component cannot be taken over; the message says why."""


@dataclass(frozen=True, slots=True)
class Read:
    """A component as a plan. `occurrence` is set when it replaces one occurrence of the series called `uid`."""

    line: int
    uid: str
    plan: Plan
    occurrence: datetime | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Zones:
    """How names of zones are understood: `default` is that of times without one, `named` what the file says of its own."""

    default: str
    named: Mapping[str, str]

    def known(self, name: str) -> str:
        """The IANA name. Raises Unusable."""
        endings = ["/".join(name.strip("/").split("/")[-parts:]) for parts in (3, 2)]
        for candidate in (name, self.named.get(name, ""), WINDOWS_TO_OLSON.get(name, ""), *endings):
            if candidate in time_zones():
                return candidate
        raise Unusable(f"names a time zone that is not known: {name[:60]}")

    def named_so(self, line: str) -> str:
        """The content line with the IANA name for its TZID, so that icalendar need not guess. Raises Unusable."""
        if not (match := _TZID.match(line)):
            return line
        return f"{match[1]}{self.known(match[2].strip(chr(34)))}{line[match.end() :]}"


def read(part: Part, zones: Zones) -> Read:
    """The component as a plan that is not checked yet. Raises Unusable, ValueError."""
    if part.name != "VEVENT":
        raise Unusable(f"is a {part.name}; only VEVENT can be taken over")
    if sum(map(len, part.lines)) > LARGEST_COMPONENT:
        raise Unusable(f"has more than {LARGEST_COMPONENT} characters")
    component = Component.from_ical("".join(f"{zones.named_so(line)}\r\n" for line in part.lines))
    if not isinstance(component, Component):
        raise Unusable("is not one VEVENT")
    uid = _text(component, "UID").strip()
    if not uid or len(uid) > _LONGEST_UID or not uid.isprintable():
        raise Unusable(f"has no UID of 1 to {_LONGEST_UID} characters")
    plan = _plan(component, zones)
    return Read(part.line, uid, plan, _occurrence(component, plan, zones), _text(component, "STATUS") == "CANCELLED")


def _plan(component: Component, zones: Zones) -> Plan:
    start, zone = _start(component, zones)
    all_day = not isinstance(start, datetime)
    plan = Plan(
        title=_line(_text(component, "SUMMARY"))[:_LONGEST_TITLE].strip() or _UNTITLED,
        description=_text(component, "DESCRIPTION").replace("\0", "")[:_LONGEST_DESCRIPTION],
        subject=_category(component, Subject, Subject.NONE),
        type=_category(component, EventType, EventType.STUDY),
        start_time=_instant(start, zone),
        end_time=_instant(_end(component, start), zone),
        all_day=all_day,
        time_zone=zone,
    )
    return replace(plan, recurrence=_recurrence(component, plan), reminders=tuple(_reminders(component)))


def _start(component: Component, zones: Zones) -> tuple[date, str]:
    """When it starts and in which zone."""
    start = _one(component, "DTSTART")
    if start is None:
        raise Unusable("has no DTSTART")
    moment = start.dt
    if not isinstance(moment, date):
        raise Unusable("has a DTSTART that is not a time")
    if name := start.params.get("TZID"):
        return moment, str(name)
    aware = isinstance(moment, datetime) and moment.tzinfo is not None
    return moment, "UTC" if aware else zones.default


def _end(component: Component, start: date) -> date:
    last: date
    end, duration = _one(component, "DTEND"), _one(component, "DURATION")
    whole_days = not isinstance(start, datetime)
    if end is not None:
        if isinstance(end.dt, datetime) is whole_days:
            raise Unusable("has a DTEND of another kind than its DTSTART")
        last = end.dt
    elif duration is not None:
        last = start + duration.dt
    else:
        last = start + timedelta(days=1) if whole_days else start
    return last


def _instant(moment: date, zone: str) -> datetime:
    """In UTC; a time without a zone, and a day, are those of `zone`."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC)


def _recurrence(component: Component, plan: Plan) -> tuple[str, ...]:
    if "EXRULE" in component:
        raise Unusable("has an EXRULE, which RFC 5545 has given up")
    lines = [_rule(rule, plan) for rule in _all(component, "RRULE")]
    for name in ("RDATE", "EXDATE"):
        moments = sorted({_dated(each.dt, plan) for dates in _all(component, name) for each in dates.dts})
        lines += date_lines(name, moments)
    if len(lines) > MOST_LINES:
        raise Unusable(f"has more than {_DATES_A_LINE * MOST_LINES} added and excluded dates")
    return tuple(lines)


def date_lines(name: str, moments: Sequence[datetime]) -> list[str]:
    """RDATE or EXDATE lines of bounded length."""
    chunks = [moments[at : at + _DATES_A_LINE] for at in range(0, len(moments), _DATES_A_LINE)]
    return [f"{name}:" + ",".join(f"{each:{UTC_FORM}}" for each in chunk) for chunk in chunks]


def _rule(rule: vRecur, plan: Plan) -> str:
    """The rule with an UNTIL as planners keep it: in UTC, or a day."""
    until = list(rule.get("UNTIL", []))
    parts = vRecur({name: value for name, value in rule.items() if name != "UNTIL"}).to_ical().decode()  # type: ignore[no-untyped-call]  # icalendar leaves it untyped
    if len(parts) > _LONGEST_RULE:
        raise Unusable(f"has a rule of more than {_LONGEST_RULE} characters")
    if not until:
        return f"RRULE:{parts}"
    if isinstance(until[0], datetime):
        return f"RRULE:{parts};UNTIL={_instant(until[0], plan.time_zone):{UTC_FORM}}"
    return f"RRULE:{parts};UNTIL={until[0]:%Y%m%d}"


def _dated(moment: Any, plan: Plan) -> datetime:
    """An added or excluded start; a day of an event with a time means that time on it."""
    if not isinstance(moment, date):
        raise Unusable("has a date that is a period")
    if not isinstance(moment, datetime) and not plan.all_day:
        return instant(plan, datetime.combine(moment, wall(plan, plan.start_time).time()))
    return _instant(moment, plan.time_zone)


def _occurrence(component: Component, plan: Plan, zones: Zones) -> datetime | None:
    replaced = _one(component, "RECURRENCE-ID")
    if replaced is None:
        return None
    if "RANGE" in replaced.params:
        raise Unusable("replaces all following occurrences (RANGE), which is not supported")
    return _dated(replaced.dt, plan)


def _reminders(component: Component) -> Iterator[Reminder]:
    """The first five alarms at or before the start, or at a time; others have no place in a planner."""
    found = dict.fromkeys(each for alarm in component.walk("VALARM") for each in _reminder(alarm))
    yield from list(found)[:MOST_REMINDERS]


def _reminder(alarm: Any) -> Iterator[Reminder]:
    trigger = _one(alarm, "TRIGGER")
    when = trigger.dt if trigger is not None else None
    if isinstance(when, datetime):
        yield Reminder(time=_instant(when, "UTC"))
    elif isinstance(when, timedelta) and trigger.params.get("RELATED", "START") == "START" and _is_before(when):
        yield Reminder(minutes_before=-when // timedelta(minutes=1))


def _is_before(trigger: timedelta) -> bool:
    return timedelta(0) <= -trigger <= _EARLIEST_REMINDER


def _category(component: Component, kind: Any, default: Any) -> Any:
    names = {str(name).upper() for each in _all(component, "CATEGORIES") for name in getattr(each, "cats", ())}
    return next((each for each in kind if each.value in names), default)


def _all(component: Any, name: str) -> list[Any]:
    found = component.get(name)
    return found if isinstance(found, list) else [] if found is None else [found]


def _one(component: Any, name: str) -> Any:
    return next(iter(_all(component, name)), None)


def _text(component: Any, name: str) -> str:
    found = _one(component, name)
    return "" if found is None else str(found)


def _line(text: str) -> str:
    """On one line, as titles are."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
