"""The planner's data in memory: the same owner's-eyes-only and the same all-or-nothing as the real store."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from planner_service.domain.events import Completion, Due, Event, Happening, Occurrence, Period
from planner_service.domain.feeds import Revocation
from planner_service.domain.sync import Tombstone
from planner_service.ports import Cursor


@dataclass(slots=True)
class State:
    """Everything that is saved; `told` holds each event's subject, what it is about, and the planner's version."""

    events: dict[str, Event] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    forgotten: dict[str, int] = field(default_factory=dict)
    tombstones: dict[str, list[tuple[Tombstone, datetime]]] = field(default_factory=dict)
    feeds: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    revocations: dict[str, Revocation] = field(default_factory=dict)
    told: list[tuple[str, str, int]] = field(default_factory=list)
    reminded: list[tuple[str, datetime, datetime, bool]] = field(default_factory=list)


class FakeEvents:
    def __init__(self, state: State) -> None:
        self._state = state

    async def get(self, user_id: str, event_id: str) -> Event | None:
        return next((event for event in self._of(user_id) if event.id == event_id), None)

    lock = get

    async def by_request(self, user_id: str, request_id: str) -> Event | None:
        return next((event for event in self._of(user_id) if event.request_id == request_id), None)

    async def overlapping(self, user_id: str, period: Period, size: int, after: Cursor | None) -> list[Event]:
        def place(event: Event) -> Cursor:
            return event.plan.start_time, event.id

        single = [event for event in self._of(user_id) if not event.plan.recurrence]
        found = sorted(
            (event for event in single if event.occurrence(event.plan.start_time).overlaps(period)), key=place
        )
        return [event for event in found if after is None or place(event) > after][:size]

    async def add(self, event: Event) -> bool:
        if event.request_id and await self.by_request(event.user_id, event.request_id):
            return False
        if event.uid and any(each.uid == event.uid for each in self._of(event.user_id)):
            return False
        self._state.events[event.id] = event
        return True

    async def recurring(self, user_id: str) -> list[Event]:
        return [event for event in self._of(user_id) if event.plan.recurrence]

    async def newest(self, user_id: str, size: int) -> list[Event]:
        found = sorted(self._of(user_id), key=lambda event: event.id)
        found.sort(key=lambda event: (bool(event.plan.recurrence), event.plan.start_time), reverse=True)
        return found[:size]

    async def completions(self, user_id: str) -> list[tuple[str, tuple[Completion, ...]]]:
        return [(event.plan.time_zone, event.completions) for event in self._of(user_id) if event.completions]

    async def version(self, user_id: str) -> int:
        return self._state.versions.get(user_id, 0)

    async def forgotten(self, user_id: str) -> int:
        return self._state.forgotten.get(user_id, 0)

    async def changed_between(self, user_id: str, after: int, until: int, size: int) -> list[Event]:
        found = [event for event in self._of(user_id) if after < event.sequence <= until]
        return sorted(found, key=lambda event: event.sequence)[:size]

    async def deleted_between(self, user_id: str, after: int, until: int, size: int) -> list[Tombstone]:
        found = [each for each, _ in self._state.tombstones.get(user_id, ())]
        return [each for each in found if after < each.sequence <= until][:size]

    async def forget_deletions(self, before: datetime) -> None:
        for user_id, buried in self._state.tombstones.items():
            if gone := [each.sequence for each, time in buried if time < before]:
                self._state.forgotten[user_id] = max(gone)
            self._state.tombstones[user_id] = [each for each in buried if each[1] >= before]

    async def save(self, event: Event) -> None:
        self._state.events[event.id] = event

    async def count(self, user_id: str) -> tuple[int, int]:
        return len(self._of(user_id)), len(await self.recurring(user_id))

    async def await_imports(self, user_id: str) -> None:
        """Units of work take turns anyway."""

    async def lock_imported(self, user_id: str, uids: Sequence[str], ids: Sequence[str]) -> list[Event]:
        return [event for event in self._of(user_id) if event.uid in uids or event.id in ids]

    async def due(self, now: datetime, size: int) -> list[Event]:
        due = [event for event in self._state.events.values() if event.reminder_time and event.reminder_time <= now]
        return sorted(due, key=lambda event: event.reminder_time or now)[:size]

    async def schedule(self, event: Event, time: datetime | None) -> None:
        self._state.events[event.id] = replace(self._state.events[event.id], reminder_time=time)

    async def remove(self, event: Event) -> None:
        del self._state.events[event.id]

    def _of(self, user_id: str) -> list[Event]:
        return [event for event in self._state.events.values() if event.user_id == user_id]


class FakeFeeds:
    def __init__(self, state: State) -> None:
        self._state = state

    async def owner(self, digest: bytes) -> str | None:
        return next((owner for owner, each in self._state.feeds.items() if each[0] == digest), None)

    async def revocation(self, user_id: str) -> Revocation | None:
        return self._state.revocations.get(user_id)

    async def revoked(self, user_id: str, revocation: Revocation) -> None:
        known = self._state.revocations.setdefault(user_id, revocation)
        if known.time < revocation.time:
            self._state.revocations[user_id] = revocation

    async def save(self, user_id: str, digest: bytes, create_time: datetime) -> None:
        self._state.feeds[user_id] = digest, create_time

    async def remove(self, user_id: str) -> None:
        self._state.feeds.pop(user_id, None)

    async def remove_opened_by(self, user_id: str, time: datetime) -> None:
        if (found := self._state.feeds.get(user_id)) and found[1] <= time:
            del self._state.feeds[user_id]


class FakeWork:
    def __init__(self, state: State) -> None:
        self._state = state
        self.events = FakeEvents(state)
        self.feeds = FakeFeeds(state)

    async def changed(self, happening: Happening, event: Event) -> None:
        version = self._state.versions.get(event.user_id, 0) + 1
        self._state.versions[event.user_id] = version
        if happening is Happening.DELETED:
            buried = (Tombstone(event.id, version), datetime.now(UTC))
            self._state.tombstones.setdefault(event.user_id, []).append(buried)
        elif event.id in self._state.events:
            self._state.events[event.id] = replace(self._state.events[event.id], sequence=version)
        self._state.told.append(("planner.event_changed", event.id, version))

    async def completed(self, occurrence: Occurrence, time: datetime | None) -> None:
        self._state.told.append(("planner.event_completed", occurrence.event.id, 0))

    async def remind(self, due: Due, *, late: bool) -> None:
        self._state.told.append(("planner.reminder_due", due.event.id, 0))
        self._state.reminded.append((due.event.id, due.start, due.time, late))


class FakeStore:
    """Units of work take turns; each works on a copy that is saved when its block ends well."""

    def __init__(self) -> None:
        self._saved = State()
        self._turn = asyncio.Lock()

    @property
    def events(self) -> FakeEvents:
        return FakeEvents(self._saved)

    @property
    def feeds(self) -> FakeFeeds:
        return FakeFeeds(self._saved)

    @property
    def told(self) -> list[tuple[str, str, int]]:
        """What left, in order."""
        return self._saved.told

    @property
    def reminded(self) -> list[tuple[str, datetime, datetime, bool]]:
        """Event, start of the occurrence, when it was due, and whether it was late."""
        return self._saved.reminded

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[FakeWork]:
        async with self._turn:
            copy = deepcopy(self._saved)
            yield FakeWork(copy)
            self._saved = copy
