"""Planning, changing, completing and deleting events. Each is the caller's alone: for anybody else it does not exist."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from heapq import merge
from itertools import chain, islice
from typing import Any

from planner_service.domain.events import (
    EARLIEST,
    Event,
    Happening,
    Occurrence,
    Period,
    Plan,
    Which,
    change,
    check,
    check_etag,
    complete,
    next_version,
)
from planner_service.errors import EventNotFound
from planner_service.ports import Cursor, Store, Work
from planner_service.use_cases import recurrence
from planner_service.use_cases.reminders import scheduled
from planner_service.use_cases.room import Room
from planner_service.use_cases.split import split
from servicekit.caller import current_caller
from servicekit.clock import Clock

# A change of these may turn lines that could be expanded into lines that cannot.
_TIMING = {"start_time", "end_time", "time_zone", "all_day", "recurrence"}


class Planner:
    """The caller's planner."""

    def __init__(self, store: Store, clock: Clock, new_id: Callable[[], str]) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id

    async def create(self, plan: Plan, request_id: str | None) -> Event:
        """Puts a plan into the planner.

        Raises TitleEmpty, TimeZoneUnknown, PeriodInvalid, RecurrenceInvalid, TooManyEvents, TooManySeries.
        """
        plan = check(plan)
        await _check_recurrence(plan)
        now, owner = self._clock(), current_caller().id
        event = Event(self._new_id(), owner, request_id, plan, (), version=1, create_time=now, update_time=now)
        event = scheduled(event, now)
        async with self._store.begin() as work:
            if not await work.events.add(event):
                return await work.events.by_request(owner, request_id or "") or event
            (await Room.of(work, owner)).take()
            await work.changed(Happening.CREATED, event)
        return event

    async def get(self, event_id: str) -> Event:
        """One event. Raises EventNotFound."""
        if event := await self._store.events.get(current_caller().id, event_id):
            return event
        raise EventNotFound(event=event_id)

    async def overlapping(self, period: Period, size: int, after: Cursor | None) -> list[Occurrence]:
        """A page of the occurrences that overlap a period, by start."""
        owner, since = current_caller().id, after[0] if after else EARLIEST
        single = await self._store.events.overlapping(owner, period, size, after)
        found = [iter([event.occurrence(event.plan.start_time) for event in single])]
        for event in await self._store.events.recurring(owner):
            series = recurrence.occurrences(event, period, since)
            if first := next(series, None):
                found.append(chain([first], series))
            await asyncio.sleep(0)  # others have their turn between two series
        return list(islice((each for each in merge(*found, key=_place) if after is None or _place(each) > after), size))

    async def update(self, event_id: str, fields: Mapping[str, Any], etag: str, which: Which) -> Event:
        """Changes the fields that are given, of all occurrences, of one or of those from one on.

        The latter two become an event of their own, which is answered. Raises EventNotFound, EventChanged, TitleEmpty,
        TimeZoneUnknown, PeriodInvalid, RecurrenceInvalid, OccurrenceRequired, OccurrenceNotFound, TooManyEvents,
        TooManySeries.
        """
        async with self._store.begin() as work:
            event = await self._locked(work, event_id, etag)
            if parts := split(event, which.scope, which.start):
                return await self._part(work, *parts, fields)
            changed = change(event, fields, self._clock())
            if not fields.keys().isdisjoint(_TIMING):
                await _check_recurrence(changed.plan)
            await self._save(work, event, changed)
            if changed.plan.recurrence and not event.plan.recurrence:
                (await Room.of(work, event.user_id)).take()
        return changed

    async def complete(self, event_id: str, completed: bool, start: datetime | None) -> Occurrence:
        """Marks an occurrence done or not done; a repeat changes nothing.

        Raises EventNotFound, OccurrenceRequired, OccurrenceNotFound.
        """
        async with self._store.begin() as work:
            event = await self._locked(work, event_id, etag="")
            occurrence = recurrence.occurrence(event, start)
            marked = complete(occurrence, completed, self._clock())
            done = marked.occurrence(occurrence.start)
            if await self._save(work, event, marked):
                await work.completed(done, done.complete_time or occurrence.complete_time)
        return done

    async def delete(self, event_id: str, etag: str, which: Which) -> None:
        """Deletes an event, one of its occurrences or those from one on.

        Raises EventNotFound, EventChanged, OccurrenceRequired, OccurrenceNotFound.
        """
        async with self._store.begin() as work:
            event = await self._locked(work, event_id, etag)
            if parts := split(event, which.scope, which.start):
                await self._save(work, event, next_version(parts[0], self._clock()))
                return
            await work.events.remove(event)
            await work.changed(Happening.DELETED, event)

    async def _locked(self, work: Work, event_id: str, etag: str) -> Event:
        event = await work.events.lock(current_caller().id, event_id)
        if event is None:
            raise EventNotFound(event=event_id)
        check_etag(event, etag)
        return event

    async def _part(self, work: Work, rest: Event, parted: Event, fields: Mapping[str, Any]) -> Event:
        """Saves what stays of a series, and what is parted as an event of its own with those fields."""
        now = self._clock()
        new = replace(change(parted, fields, now), id=self._new_id(), request_id=None, uid=None, version=1)
        await _check_recurrence(new.plan)
        new = scheduled(replace(new, create_time=now, update_time=now), now)
        await self._save(work, parted, next_version(rest, now))
        await work.events.add(new)
        (await Room.of(work, new.user_id)).take()
        await work.changed(Happening.CREATED, new)
        return new

    async def _save(self, work: Work, before: Event, after: Event) -> bool:
        if before == after:
            return False
        await work.events.save(scheduled(after, self._clock()))
        await work.changed(Happening.UPDATED, after)
        return True


async def _check_recurrence(plan: Plan) -> None:
    """Beside the calls of others: a rule that never comes true is found out after centuries of it."""
    if plan.recurrence:
        await asyncio.to_thread(recurrence.check, plan)


def _place(occurrence: Occurrence) -> Cursor:
    return occurrence.start, occurrence.event.id
