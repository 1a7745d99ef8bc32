"""What the use cases need from outside. "Absent" is None, never an exception, unless a docstring says otherwise."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from planner_service.domain.events import Completion, Due, Event, Happening, Occurrence, Period
from planner_service.domain.feeds import Revocation
from planner_service.domain.sync import Tombstone

# The start of the last occurrence of the page before, and its event's id.
Cursor = tuple[datetime, str]


class EventReader(Protocol):
    """The caller's own events; those of others do not exist here."""

    async def get(self, user_id: str, event_id: str) -> Event | None:
        """One event; None when there is none or it is somebody else's."""
        ...

    async def by_request(self, user_id: str, request_id: str) -> Event | None:
        """The event an earlier request with that id made; None when there was none."""
        ...

    async def overlapping(self, user_id: str, period: Period, size: int, after: Cursor | None) -> list[Event]:
        """Up to `size` events that do not recur and overlap the period, by start, after the one at `after`.

        None is before the first. An event without length overlaps where it starts.
        """
        ...

    async def recurring(self, user_id: str) -> list[Event]:
        """Every event that recurs, whenever it does."""
        ...

    async def completions(self, user_id: str) -> list[tuple[str, tuple[Completion, ...]]]:
        """What was ever done: the time zone and the completions of each event that has any."""
        ...

    async def newest(self, user_id: str, size: int) -> list[Event]:
        """Up to `size` events: those that recur, then those that start last."""
        ...

    async def version(self, user_id: str) -> int:
        """How many changes the planner has seen; every change up to it is saved."""
        ...

    async def forgotten(self, user_id: str) -> int:
        """The last version whose deletions are no longer known; 0 while all are."""
        ...

    async def changed_between(self, user_id: str, after: int, until: int, size: int) -> list[Event]:
        """Up to `size` events whose last change came after the version `after` and up to `until`, in that order."""
        ...

    async def deleted_between(self, user_id: str, after: int, until: int, size: int) -> list[Tombstone]:
        """The same of deletions."""
        ...


class Events(EventReader, Protocol):
    """Events inside a unit of work."""

    async def lock(self, user_id: str, event_id: str) -> Event | None:
        """As `get`; nobody else changes the event until the unit of work ends."""
        ...

    async def add(self, event: Event) -> bool:
        """False, and nothing saved, when the owner's request id has made an event already."""
        ...

    async def save(self, event: Event) -> None:
        """Saves an event that was locked."""
        ...

    async def remove(self, event: Event) -> None: ...

    async def count(self, user_id: str) -> tuple[int, int]:
        """How many events the planner holds, and how many of these recur."""
        ...

    async def await_imports(self, user_id: str) -> None:
        """Returns once no other unit of work imports into the planner, and lets none until this one ends."""
        ...

    async def lock_imported(self, user_id: str, uids: Sequence[str], ids: Sequence[str]) -> list[Event]:
        """The owner's events with one of these UIDs or ids, locked as by `lock`."""
        ...

    async def due(self, now: datetime, size: int) -> list[Event]:
        """Up to `size` events of any planner whose next reminder is due by now, the longest due first.

        They are locked; those that somebody else has locked are left out.
        """
        ...

    async def schedule(self, event: Event, time: datetime | None) -> None:
        """When an event that is locked reminds next; the event is the same otherwise."""
        ...

    async def forget_deletions(self, before: datetime) -> None:
        """Forgets, in every planner, what was deleted before a time."""
        ...


class FeedReader(Protocol):
    """Calendar feeds."""

    async def owner(self, digest: bytes) -> str | None:
        """Whose feed the token with that SHA-256 opens; None when none. For the service itself, not for accounts."""
        ...


class Feeds(Protocol):
    """Calendar feeds inside a unit of work."""

    async def revocation(self, user_id: str) -> Revocation | None:
        """The last one of access to the account; until this work is over no other is remembered."""
        ...

    async def revoked(self, user_id: str, revocation: Revocation) -> None:
        """Remember it, unless a later one is known or the account was erased here."""
        ...

    async def save(self, user_id: str, digest: bytes, create_time: datetime) -> None:
        """The account's feed; takes the place of an earlier one."""
        ...

    async def remove(self, user_id: str) -> None:
        """Nothing happens when there is none."""
        ...

    async def remove_opened_by(self, user_id: str, time: datetime) -> None:
        """Nothing happens when there is none, or one that was opened later."""
        ...


class Work(Protocol):
    """One unit of work: all of it is saved or none."""

    @property
    def feeds(self) -> Feeds: ...

    @property
    def events(self) -> Events: ...

    async def changed(self, happening: Happening, event: Event) -> None:
        """Tells what happened to an event once the work is saved: the next version of its owner's planner, which remembers."""
        ...

    async def completed(self, occurrence: Occurrence, time: datetime | None) -> None:
        """Tells that an occurrence was marked done, or not done any more, once the work is saved.

        `time` is when it was marked done, also when that is taken back.
        """
        ...

    async def remind(self, due: Due, *, late: bool) -> None:
        """Tells that it is time to remind, once the work is saved."""
        ...


class Store(Protocol):
    """The service's data."""

    @property
    def events(self) -> EventReader:
        """Reads outside a transaction, each for itself."""
        ...

    @property
    def feeds(self) -> FeedReader:
        """The same of feeds."""
        ...

    def begin(self) -> AbstractAsyncContextManager[Work]:
        """A unit of work: saved when the block ends, undone when it raises."""
        ...
