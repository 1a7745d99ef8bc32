"""Changes as they happen: one subscription a process, fanned out in memory to every stream it serves."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Generic, TypeVar

from planner_service.errors import TooManyWatchers, WatchTooSlow

Change = TypeVar("Change")


class Seat(Generic[Change]):
    """One stream's place: holds at most `backlog` changes its reader has not taken yet."""

    def __init__(self, backlog: int) -> None:
        self._waiting: asyncio.Queue[Change] = asyncio.Queue(backlog)
        self._overrun = False

    def put(self, change: Change) -> bool:
        """Never waits. False when the reader is too far behind; it is told so when it reads again."""
        try:
            self._waiting.put_nowait(change)
        except asyncio.QueueFull:
            self._overrun = True
        return not self._overrun

    async def changes(self, heartbeat: timedelta) -> AsyncIterator[Change | None]:
        """Every change; None when nothing happens for as long as `heartbeat`. Raises WatchTooSlow."""
        while True:
            try:
                change = await asyncio.wait_for(self._waiting.get(), heartbeat.total_seconds())
            except TimeoutError:
                change = None
            if self._overrun:
                raise WatchTooSlow
            yield change


class Audience(Generic[Change]):
    """Everybody in this process who watches their planner."""

    def __init__(self, *, seats: int = 1500, backlog: int = 64) -> None:
        """At most `seats` streams, each at most `backlog` changes behind."""
        self._seats = seats
        self._backlog = backlog
        self._by_owner: defaultdict[str, set[Seat[Change]]] = defaultdict(set)

    def __len__(self) -> int:
        return sum(map(len, self._by_owner.values()))

    def tell(self, owner: str, change: Change) -> None:
        """Hands the change to the owner's streams and to no other; a reader too slow loses its seat."""
        for seat in list(self._by_owner.get(owner, ())):
            if not seat.put(change):
                self._leave(owner, seat)

    @contextmanager
    def seat(self, owner: str) -> Iterator[Seat[Change]]:
        """A seat for as long as the block lasts. Raises TooManyWatchers."""
        if len(self) >= self._seats:
            raise TooManyWatchers(retry_after=timedelta(seconds=10))
        seat = Seat[Change](self._backlog)
        self._by_owner[owner].add(seat)
        try:
            yield seat
        finally:
            self._leave(owner, seat)

    def _leave(self, owner: str, seat: Seat[Change]) -> None:
        seats = self._by_owner.get(owner, set())
        seats.discard(seat)
        if not seats:
            self._by_owner.pop(owner, None)
