"""An iCalendar file taken apart: its components with the line each begins on, before anything in them is understood.

So one broken component spoils no other, its line is known, and what nobody needs, such as attachments, is never parsed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from planner_service.errors import CalendarTooLarge, CalendarUnreadable

MOST_COMPONENTS = 1000
"""Components of one file, time zones among them."""

LARGEST_COMPONENT = 64_000
"""Characters of what is read of one component."""

_DEEPEST = 4
_NEEDED = re.compile(
    r"(BEGIN|END|UID|SUMMARY|DESCRIPTION|CATEGORIES|STATUS|DTSTART|DTEND|DURATION|RRULE|RDATE|EXDATE|EXRULE|RECURRENCE-ID"
    r"|TRIGGER)[:;]",
    re.IGNORECASE,
)
_NAME = re.compile(r"(BEGIN|END):([A-Za-z0-9-]{1,40})\s*", re.IGNORECASE)
_LINES = re.compile(r"\r\n|\n|\r")
_ZONE_NAMES = re.compile(r"(TZID|X-LIC-LOCATION|X-WR-TIMEZONE)(?:;[^:]*)?:(.{1,120})", re.IGNORECASE)


@dataclass(slots=True)
class Part:
    """One component: its name such as "VEVENT", the line it begins on, from 1, and those of its lines that are needed."""

    name: str
    line: int
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Parts:
    """A file. `zones` gives the IANA name that a VTIMEZONE says its TZID stands for."""

    components: list[Part] = field(default_factory=list)
    time_zone: str = ""
    zones: dict[str, str] = field(default_factory=dict)


def taken_apart(text: str) -> Parts:
    """The parts of a file. Raises CalendarUnreadable with the line, CalendarTooLarge."""
    found, open_names, line = Parts(), list[str](), 0
    for line, content in _unfolded(text):
        if match := _NAME.fullmatch(content):
            _step(found, open_names, match[1].upper(), match[2].upper(), line)
        elif not open_names and content.strip():
            raise _unreadable(line, "stands before BEGIN:VCALENDAR")
        if len(open_names) == 1 and not match:
            _note_zone(found, content)
        elif found.components and (len(open_names) > 1 or (match and match[1].upper() == "END" and open_names)):
            _keep(found, content)
    if open_names:
        raise _unreadable(line, f"is the last, and {open_names[-1]} has no END")
    if line == 0:
        raise _unreadable(1, "is missing: the file is empty")
    return found


def _step(found: Parts, open_names: list[str], what: str, name: str, line: int) -> None:
    """BEGIN or END of a component."""
    if what == "END":
        if not open_names or open_names.pop() != name:
            raise _unreadable(line, f"ends {name}, which is not what was begun last")
        return
    if not open_names and name != "VCALENDAR":
        raise _unreadable(line, f"begins {name} outside VCALENDAR")
    if len(open_names) >= _DEEPEST:
        raise _unreadable(line, f"begins a component inside {_DEEPEST} others")
    open_names.append(name)
    if len(open_names) == 2:
        found.components.append(Part(name, line))
        if len(found.components) > MOST_COMPONENTS:
            raise CalendarTooLarge(fields={"ics": "has too many components"}, most=str(MOST_COMPONENTS))


def _keep(found: Parts, content: str) -> None:
    part = found.components[-1]
    if part.name == "VTIMEZONE":
        _note_zone(found, content)
    elif _NEEDED.match(content):
        part.lines.append(content)


def _note_zone(found: Parts, content: str) -> None:
    """What the file says of zones; VTIMEZONE's own rules are not used, the IANA database knows better."""
    if not (match := _ZONE_NAMES.fullmatch(content)):
        return
    name, value = match[1].upper(), match[2].strip()
    if name == "X-WR-TIMEZONE":
        found.time_zone = value
    elif name == "TZID":
        found.zones[value] = ""
    elif found.zones:
        found.zones[next(reversed(found.zones))] = value


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Content lines with the number of the line each begins on; a line that begins with white space goes on the last."""
    number, pieces = 0, list[str]()
    for at, line in enumerate(_LINES.split(text.removeprefix("\ufeff")), start=1):
        if line[:1] in (" ", "\t") and pieces:
            pieces.append(line[1:])
            continue
        if any(pieces):
            yield number, "".join(pieces)
        number, pieces = at, [line]
    if any(pieces):
        yield number, "".join(pieces)


def _unreadable(line: int, problem: str) -> CalendarUnreadable:
    return CalendarUnreadable(fields={"ics": f"line {line} {problem}"}, line=str(line), problem=problem)
