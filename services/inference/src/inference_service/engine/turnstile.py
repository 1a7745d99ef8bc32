"""Lets so many requests at a time through to a model, in the order of the fair queue, and tells the others their position."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

from inference_service.domain.fair_queue import OUTPUT_WEIGHT, PROMPT_WEIGHT, FairQueue, QueueFull, Ticket
from inference_service.domain.generation import Claim, Piece
from inference_service.errors import EngineBusy

_SMOOTHING = 0.2
_SHORTEST_RETRY, _LONGEST_RETRY = 1.0, 60.0


class Entry:
    """One request at the turnstile."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self.called = False
        self.displaced = False
        self.changed = asyncio.Event()
        self.entered_at = 0.0
        self.charged = 0


class Turnstile:
    """`places` requests are worked on at a time, `most` may wait."""

    def __init__(self, model: str, places: int, most: int) -> None:
        self._model, self._places = model, places
        self._queue = FairQueue(most)
        self._entries: dict[Ticket, Entry] = {}
        self._inside = 0
        self._seconds = 1.0

    @property
    def present(self) -> int:
        """How many requests are worked on or wait."""
        return len(self._entries)

    def resize(self, places: int) -> None:
        """From now on `places` requests are worked on at a time."""
        self._places = places
        self._call()

    def join(self, claim: Claim, most_tokens: int) -> Entry:
        """Take a place in the queue; `leave` gives it back. Raises EngineBusy when there is none."""
        entry = Entry(Ticket(claim, most_tokens * OUTPUT_WEIGHT))
        try:
            displaced = self._queue.join(entry.ticket)
        except QueueFull:
            raise self._busy() from None
        self._entries[entry.ticket] = entry
        if displaced:
            self._entries[displaced].displaced = True
        self._call()
        return entry

    async def positions(self, entry: Entry) -> AsyncIterator[int]:
        """Yield the position, 1 being next, as often as it changes; end when it is the entry's turn. Raises EngineBusy."""
        told = 0
        while not entry.called:
            if entry.displaced:
                raise self._busy()
            position = self._queue.order().index(entry.ticket) + 1
            if position != told:
                told = position
                yield position
                continue
            entry.changed.clear()
            await entry.changed.wait()

    def charge(self, entry: Entry, piece: Piece) -> None:
        """Count what was read and written for `entry` so far."""
        total = piece.prompt_tokens * PROMPT_WEIGHT + piece.tokens * OUTPUT_WEIGHT
        self._queue.charge(entry.ticket.claim.user, max(total - entry.charged, 0))
        entry.charged = max(total, entry.charged)

    def leave(self, entry: Entry) -> None:
        """Give the place back, whether it was called or still waits."""
        del self._entries[entry.ticket]
        if entry.called:
            self._inside -= 1
            self._seconds += (time.monotonic() - entry.entered_at - self._seconds) * _SMOOTHING
            self._queue.finish(entry.ticket)
        elif not entry.displaced:
            self._queue.leave(entry.ticket)
        self._call()

    def _call(self) -> None:
        while self._inside < self._places and len(self._queue):
            entry = self._entries[self._queue.take()]
            entry.called, entry.entered_at = True, time.monotonic()
            self._inside += 1
        for entry in self._entries.values():
            entry.changed.set()

    def _busy(self) -> EngineBusy:
        """With the time after which a place should be free, by how long requests took lately."""
        seconds = min(max(self._seconds / self._places, _SHORTEST_RETRY), _LONGEST_RETRY)
        return EngineBusy(
            model=self._model, waiting=str(len(self._queue)), retry_after=timedelta(seconds=round(seconds, 1))
        )
