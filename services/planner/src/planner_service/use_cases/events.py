"""Planning, completing and deleting events. Each belongs to the caller alone: for anybody else it does not exist.

A recurring event is kept whole, listed at its first occurrence, and completed or deleted as a whole.
"""

from collections.abc import Callable
from datetime import datetime

from planner_service.domain import Event, Happening, Period, Plan, check, check_etag, complete
from planner_service.errors import EventNotFound, OccurrencesUnsupported
from planner_service.ports import Cursor, Store
from planner_service.use_cases import recurrence
from servicekit.caller import current_caller
from servicekit.clock import Clock


class Planner:
    """The caller's planner."""

    def __init__(self, store: Store, clock: Clock, new_id: Callable[[], str]) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id

    async def create(self, plan: Plan, request_id: str | None) -> Event:
        """Puts a plan into the planner. Raises TitleEmpty, TimeZoneUnknown, PeriodInvalid, RecurrenceInvalid."""
        plan = check(plan)
        recurrence.check(plan.recurrence, plan.start_time, plan.time_zone)
        now, owner = self._clock(), current_caller().id
        event = Event(self._new_id(), owner, request_id, plan, None, version=1, create_time=now, update_time=now)
        async with self._store.begin() as work:
            if not await work.events.add(event):
                return await work.events.by_request(owner, request_id or "") or event
            await work.changed(Happening.CREATED, event)
        return event

    async def get(self, event_id: str) -> Event:
        """One event. Raises EventNotFound."""
        if event := await self._store.events.get(current_caller().id, event_id):
            return event
        raise EventNotFound(event=event_id)

    async def overlapping(self, period: Period, size: int, after: Cursor | None) -> list[Event]:
        """A page of the events that overlap a period, by start."""
        return await self._store.events.overlapping(current_caller().id, period, size, after)

    async def complete(self, event_id: str, completed: bool, occurrence: datetime | None) -> Event:
        """Marks an event done or not done; a repeat changes nothing. Raises EventNotFound, OccurrencesUnsupported."""
        async with self._store.begin() as work:
            event = await work.events.lock(current_caller().id, event_id)
            if event is None:
                raise EventNotFound(event=event_id)
            if occurrence not in (None, event.plan.start_time):
                raise OccurrencesUnsupported
            marked = complete(event, completed, self._clock())
            if marked != event:
                await work.events.save_completion(marked)
                await work.changed(Happening.UPDATED, marked)
                await work.completed(marked)
        return marked

    async def delete(self, event_id: str, etag: str, *, whole: bool) -> None:
        """Deletes an event. Raises EventNotFound, EventChanged, OccurrencesUnsupported."""
        async with self._store.begin() as work:
            event = await work.events.lock(current_caller().id, event_id)
            if event is None:
                raise EventNotFound(event=event_id)
            if event.plan.recurrence and not whole:
                raise OccurrencesUnsupported
            check_etag(event, etag)
            await work.events.remove(event)
            await work.changed(Happening.DELETED, event)
