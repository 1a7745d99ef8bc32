"""Reminding in time: what is due of an event, and the scheduler that sends it.

Each event carries when it reminds next, so that finding what is due costs one look into an index however many events and
occurrences there are. It is computed anew with every change of the event and with every reminder that is sent.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import merge

from planner_service.domain.events import LATEST, Due, Event, Period
from planner_service.ports import Store, Work
from planner_service.use_cases.expansion import starts
from servicekit.caller import Caller, acting_as
from servicekit.clock import Clock

BATCH = 50
"""Events of one transaction."""

MOST_AT_ONCE = 20
"""Reminders of one event in one transaction; the rest come in the next."""

LATE = timedelta(minutes=1)
"""A reminder that is sent this much after its time is marked late."""

KEPT = timedelta(days=7)
"""What could not be sent for longer is not sent any more."""

_SERVICE = Caller.service("planner")
log = logging.getLogger(__name__)


def reminders(event: Event, since: datetime) -> Iterator[Due]:
    """What is due of the event at `since` or later, by time, each once, without the occurrences that are done."""
    done = {each.occurrence_start for each in event.completions}
    found = [_before_starts(event, timedelta(minutes=minutes), since) for minutes in _minutes(event)]
    found += [_at(event, time) for time in {each.time for each in event.plan.reminders if each.time}]
    last: Due | None = None
    for due in merge(*found, key=lambda due: (due.time, due.start)):
        if due != last and due.time >= since and due.start not in done:
            yield (last := due)


def _minutes(event: Event) -> set[int]:
    return {each.minutes_before or 0 for each in event.plan.reminders if not each.time}


def _before_starts(event: Event, before: timedelta, since: datetime) -> Iterator[Due]:
    return (Due(event, start, start - before) for start in starts(event.plan, Period(since + before, LATEST)))


def _at(event: Event, time: datetime) -> Iterator[Due]:
    """A reminder at a fixed time: of the event, or of the next occurrence of a series."""
    if not event.plan.recurrence:
        yield Due(event, event.plan.start_time, time)
    elif start := next(starts(event.plan, Period(time, LATEST)), None):
        yield Due(event, start, time)


def scheduled(event: Event, now: datetime) -> Event:
    """The event with its next reminder, after a change: what was due before and not sent is not lost."""
    since = min(event.reminder_time or now, now)
    return replace(event, reminder_time=next((due.time for due in reminders(event, since)), None))


@dataclass(frozen=True, slots=True)
class Batch:
    """What is due of one event now, and when the next is; None when there is none."""

    due: tuple[Due, ...]
    next_time: datetime | None


def batch(event: Event, now: datetime) -> Batch:
    """What is due by now of an event, at most MOST_AT_ONCE and those at the same time as the last."""
    found: list[Due] = []
    for due in reminders(event, max(event.reminder_time or now, now - KEPT)):
        if due.time > now or (len(found) >= MOST_AT_ONCE and due.time > found[-1].time):
            return Batch(tuple(found), due.time)
        found.append(due)
    return Batch(tuple(found), None)


class Scheduler:
    """Sends what is due. Any number may run at once: an event is one transaction's at a time."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def send_due(self) -> int:
        """One batch in one transaction, so that a crash sends all of it or none; how many events there were."""
        now = self._clock()
        with acting_as(_SERVICE):
            async with self._store.begin() as work:
                events = await work.events.due(now, BATCH)
                for event in events:
                    await self._send(work, event, now)
        return len(events)

    async def _send(self, work: Work, event: Event, now: datetime) -> None:
        try:
            sent = batch(event, now)
        except (ValueError, ArithmeticError):  # one that cannot be read must not hold up all others
            log.exception("reminders not computed", extra={"event": event.id})
            sent = Batch((), None)
        for due in sent.due:
            await work.remind(due, late=now - due.time > LATE)
        await work.events.schedule(event, sent.next_time)
