"""What happens as it happens: one subscription a process, fanned out in memory to every stream that the process serves."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from enum import Enum, auto
from typing import Generic, Never, TypeVar

from servicekit.errors import ResourceExhausted, ServiceError

Change = TypeVar("Change")


class WatchTooSlow(ResourceExhausted):
    """The reader of a live stream does not keep up."""

    reason = "WATCH_TOO_SLOW"
    message = "This reader is too slow for the live changes. To see what it missed, {instead}; then watch again."


class TooManyWatchers(ResourceExhausted):
    """This process has as many live streams open as it may."""

    reason = "TOO_MANY_WATCHERS"
    message = "Too many live streams are open. Try again in a moment, or {instead}."


class Sign(Enum):
    """What a stream is told besides changes."""

    SILENCE = auto()
    """Nothing happened for as long as the heartbeat."""
    GAP = auto()
    """Changes may have been missed."""


class Seat(Generic[Change]):
    """One stream's place: holds at most `backlog` changes its reader has not taken yet."""

    def __init__(self, backlog: int, too_slow: ServiceError) -> None:
        self._waiting: asyncio.Queue[Change | Sign] = asyncio.Queue(backlog)
        self._too_slow = too_slow
        self._end: ServiceError | None = None

    def put(self, change: Change | Sign) -> bool:
        """Never waits. False when the reader is too far behind; it is told so when it reads again."""
        try:
            self._waiting.put_nowait(change)
        except asyncio.QueueFull:
            self.end(self._too_slow)
        return self._end is None

    def end(self, why: ServiceError) -> None:
        """The reader is told that and nothing else, also instead of what it has not taken yet."""
        self._end = why
        with suppress(asyncio.QueueFull):  # a full queue wakes the reader as well
            self._waiting.put_nowait(Sign.GAP)

    async def next(self) -> Change | Sign:
        """The next change, when there is one. Raises WatchTooSlow, and why the stream was ended."""
        change = await self._waiting.get()
        if self._end:
            raise self._end
        return change

    async def told(self, heartbeat: timedelta) -> AsyncIterator[Change | Sign]:
        """Every change, and SILENCE when nothing happens for as long as `heartbeat`. Raises as `next` does."""
        while True:
            try:
                async with asyncio.timeout(heartbeat.total_seconds()):
                    told: Change | Sign = await self.next()
            except TimeoutError:
                told = Sign.SILENCE
            yield told


class Audience(Generic[Change]):
    """Every stream of this process, by what it watches: a video's comments, an owner's planner."""

    def __init__(self, instead: str, *, seats: int = 1500, backlog: int = 64) -> None:
        """At most `seats` streams, each at most `backlog` changes behind.

        `instead` tells how to see the same without a stream, as the middle of a sentence.
        """
        self._instead = instead
        self._seats = seats
        self._backlog = backlog
        self._by_key: defaultdict[str, set[Seat[Change]]] = defaultdict(set)

    def __len__(self) -> int:
        return sum(map(len, self._by_key.values()))

    def tell(self, key: str, change: Change | Sign) -> None:
        """Hands the change to every stream of that key and to no other; a reader too slow loses its seat."""
        for seat in list(self._by_key.get(key, ())):
            if not seat.put(change):
                self._leave(key, seat)

    def catch_up(self) -> None:
        """Tells every stream that changes may have been missed."""
        for key in list(self._by_key):
            self.tell(key, Sign.GAP)

    async def catch_up_after(self, reconnection: Callable[[], Awaitable[None]]) -> Never:
        """Tells every stream that changes may have been missed, each time `reconnection` returns."""
        while True:
            await reconnection()
            self.catch_up()

    def dismiss(self, key: str, why: ServiceError) -> None:
        """Ends every stream of that key."""
        for seat in self._by_key.pop(key, ()):
            seat.end(why)

    @contextmanager
    def seat(self, key: str) -> Iterator[Seat[Change]]:
        """A seat for as long as the block lasts. Raises TooManyWatchers."""
        if len(self) >= self._seats:
            raise TooManyWatchers(retry_after=timedelta(seconds=10), instead=self._instead)
        seat = Seat[Change](self._backlog, WatchTooSlow(instead=self._instead))
        self._by_key[key].add(seat)
        try:
            yield seat
        finally:
            self._leave(key, seat)

    def _leave(self, key: str, seat: Seat[Change]) -> None:
        seats = self._by_key.get(key, set())
        seats.discard(seat)
        if not seats:
            self._by_key.pop(key, None)
