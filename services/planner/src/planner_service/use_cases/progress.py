"""Summing up what an account has planned and done."""

import asyncio
from collections.abc import AsyncIterator

from planner_service.domain.events import Occurrence, Period
from planner_service.domain.progress import Progress, progress, streak
from planner_service.ports import Cursor, Store
from planner_service.use_cases import recurrence
from servicekit.caller import current_caller
from servicekit.clock import Clock

_PAGE = 500
_TURN = 250


class ProgressReport:
    """The caller's progress."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def over(self, period: Period, time_zone: str = "") -> Progress:
        """What starts in the period, and the streak that runs now in a time zone. Raises TimeZoneUnknown."""
        owner = current_caller().id
        done = await self._store.events.completions(owner)
        planned = [each async for each in self._planned(owner, period) if each.start >= period.start]
        return progress(planned, streak(done, self._clock(), time_zone))

    async def _planned(self, owner: str, period: Period) -> AsyncIterator[Occurrence]:
        after: Cursor | None = None
        while single := await self._store.events.overlapping(owner, period, _PAGE, after):
            for event in single:
                yield event.occurrence(event.plan.start_time)
            after = single[-1].plan.start_time, single[-1].id
        for event in await self._store.events.recurring(owner):
            for number, occurrence in enumerate(recurrence.occurrences(event, period)):
                if number % _TURN == 0:
                    await asyncio.sleep(0)  # others have their turn
                yield occurrence
