"""Taking over the events of an iCalendar file: each by itself, known again by its UID, whatever becomes of the others."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from time import monotonic
from uuid import UUID

from planner_service.domain.calendars import Failure, Imported
from planner_service.domain.events import Event, Happening, Plan, change, check, time_zones
from planner_service.errors import TimeZoneUnknown
from planner_service.ports import Store, Work
from planner_service.use_cases import recurrence
from planner_service.use_cases.calendar_components import Part, taken_apart
from planner_service.use_cases.calendar_reading import MOST_LINES, Read, Unusable, Zones, date_lines, read
from planner_service.use_cases.calendar_writing import UID_DOMAIN
from planner_service.use_cases.reminders import scheduled
from planner_service.use_cases.room import Room
from servicekit.caller import current_caller
from servicekit.clock import Clock
from servicekit.errors import ServiceError

_BATCH = 50
# What a rule costs to check is bounded; that of a thousand made for it is not.
_SECONDS = 5.0
# What a library raises on text that somebody made up is not only ValueError.
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError)
_FIELDS = [each.name for each in fields(Plan)]


class Importer:
    """Puts files into the caller's planner."""

    def __init__(self, store: Store, clock: Clock, new_id: Callable[[], str]) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._reading = asyncio.Lock()  # one file at a time keeps a core for everybody else

    async def take(self, text: str, time_zone: str) -> Imported:
        """Takes a file over; `time_zone` is that of times without one, the file's own by default.

        What was imported before is changed to what the file says now. Raises CalendarUnreadable, CalendarTooLarge,
        TimeZoneUnknown.
        """
        if time_zone and time_zone not in time_zones():
            raise TimeZoneUnknown(fields={"timeZone": "is not in the IANA database"}, time_zone=time_zone)
        async with self._reading:
            readable, failures = await asyncio.to_thread(plans, text, time_zone)
        done = Imported(failures=failures)
        for at in range(0, len(readable), _BATCH):
            await self._save(readable[at : at + _BATCH], done)
        done.failures.sort(key=lambda failure: failure.line)
        return done

    async def _save(self, batch: Sequence[Read], done: Imported) -> None:
        """Some in one transaction: a file is many, and nobody waits for all of it."""
        owner, saved, failed = current_caller().id, list[Event](), list[Failure]()
        async with self._store.begin() as work:
            await work.events.await_imports(owner)
            known, room = await self._known(work, owner, batch), await Room.of(work, owner)
            for each in batch:
                try:
                    if event := await self._put(work, room, each, known.get(each.uid)):
                        saved.append(event)
                except ServiceError as error:
                    failed.append(Failure(each.line, each.uid, error.detail))
        done.events += saved
        done.failures += failed

    async def _known(self, work: Work, owner: str, batch: Sequence[Read]) -> dict[str, Event]:
        """What the planner has already: by the UID it was imported with, or because the file is its own feed's."""
        own = {each.uid: event_id for each in batch if (event_id := _own_id(each.uid))}
        events = await work.events.lock_imported(owner, [each.uid for each in batch], list(own.values()))
        by_id = {event.id: event for event in events}
        known = {event.uid: event for event in events if event.uid}
        return known | {uid: by_id[event_id] for uid, event_id in own.items() if event_id in by_id}

    async def _put(self, work: Work, room: Room, found: Read, known: Event | None) -> Event | None:
        """The event as saved; None when it is so already."""
        now = self._clock()
        if known:
            changed = change(known, {name: getattr(found.plan, name) for name in _FIELDS}, now)
            if changed == known:
                return None
            room.take(series=bool(changed.plan.recurrence) - bool(known.plan.recurrence))
            await work.events.save(scheduled(changed, now))
            await work.changed(Happening.UPDATED, changed)
            return changed
        room.take(events=1, series=bool(found.plan.recurrence))
        event = Event(self._new_id(), current_caller().id, None, found.plan, (), 1, now, now, uid=found.uid)
        event = scheduled(event, now)
        await work.events.add(event)
        await work.changed(Happening.CREATED, event)
        return event


def plans(text: str, time_zone: str, seconds: float = _SECONDS) -> tuple[list[Read], list[Failure]]:
    """What can be taken over of a file, each UID once, and what cannot, or not within `seconds`.

    Raises CalendarUnreadable, CalendarTooLarge.
    """
    parts, end = taken_apart(text), monotonic() + seconds
    zones = Zones(_default_zone(time_zone, parts.time_zone, parts.zones), parts.zones)
    found, failures = _read([part for part in parts.components if part.name != "VTIMEZONE"], zones)
    readable = dict[str, Read]()
    for each in _apart(found):
        try:
            readable[each.uid] = _checked(each, readable, late=monotonic() > end)
        except (ServiceError, Unusable) as error:
            failures.append(Failure(each.line, each.uid, str(error)))
    return list(readable.values()), failures


def _read(parts: Sequence[Part], zones: Zones) -> tuple[list[Read], list[Failure]]:
    found, failures = list[Read](), list[Failure]()
    for part in parts:
        try:
            found.append(read(part, zones))
        except Unusable as error:
            failures.append(Failure(part.line, _uid(part), str(error)))
        except _UNREADABLE as error:
            problem = str(error)[:200] or type(error).__name__
            failures.append(Failure(part.line, _uid(part), f"cannot be read: {problem}"))
    return found, failures


def _checked(found: Read, others: Mapping[str, Read], *, late: bool) -> Read:
    """What was read, with a plan that a planner takes. Raises Unusable, and what `check` raises."""
    if found.uid in others:
        raise Unusable(f"has the UID of the component on line {others[found.uid].line}")
    if found.cancelled:
        raise Unusable("was cancelled")
    if len(found.plan.recurrence) > MOST_LINES:
        raise Unusable("has too many added, excluded and replaced dates")
    if late:
        raise Unusable("was not reached in the time that one file has; send it again in a smaller file")
    plan = check(found.plan)
    recurrence.check(plan)
    return replace(found, plan=plan)


def _default_zone(asked: str, of_file: str, named: dict[str, str]) -> str:
    candidates = (asked, of_file, named.get(of_file, ""))
    return next((each for each in candidates if each in time_zones()), "UTC")


def _apart(found: list[Read]) -> Iterator[Read]:
    """Series without the occurrences the file replaces, and these as events of their own; a cancelled one is only left out."""
    replaced: dict[str, list[Read]] = {}
    for each in found:
        if each.occurrence:
            replaced.setdefault(each.uid, []).append(each)
    for each in found:
        if each.occurrence:
            if not each.cancelled:
                yield replace(
                    each, uid=f"{each.uid}#{each.occurrence:%Y%m%dT%H%M%SZ}", plan=replace(each.plan, recurrence=())
                )
        elif left_out := sorted({each.occurrence for each in replaced.get(each.uid, ()) if each.occurrence}):
            lines = (*each.plan.recurrence, *date_lines("EXDATE", left_out))
            yield replace(each, plan=replace(each.plan, recurrence=lines))
        else:
            yield each


def _own_id(uid: str) -> str | None:
    """The id of the event, if the UID is one that a feed gives."""
    name, _, domain = uid.partition("@")
    try:
        return str(UUID(name)) if domain == UID_DOMAIN else None
    except ValueError:
        return None


def _uid(part: Part) -> str:
    return next((line[4:].strip()[:200] for line in part.lines if line.upper().startswith("UID:")), "")
