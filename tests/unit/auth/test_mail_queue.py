"""The worker's loop over the mail outbox."""

import asyncio
from collections.abc import Iterator

import pytest

from auth_service.consumers import Chore
from servicekit.database import DatabaseUnavailable


class _Delivery:
    """Answers or fails as told, then says it is done and finds nothing any more."""

    def __init__(self, outcomes: Iterator[int | Exception]) -> None:
        self._outcomes = outcomes
        self.done = asyncio.Event()

    async def deliver_due(self) -> int:
        outcome = next(self._outcomes, None)
        if outcome is None:
            self.done.set()
            return 0
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def run_until_done(delivery: _Delivery) -> None:
    queue = asyncio.create_task(
        Chore(delivery.deliver_due, name="mail delivery", poll_seconds=0, pause_seconds=0).run()
    )
    done = asyncio.create_task(delivery.done.wait())
    await asyncio.wait((queue, done), return_when=asyncio.FIRST_COMPLETED)
    done.cancel()
    if queue.done():
        queue.result()
    queue.cancel()


async def test_an_outage_of_the_database_does_not_end_the_queue() -> None:
    await run_until_done(_Delivery(iter([8, 3, 0, DatabaseUnavailable(), 1, 0])))


async def test_a_bug_ends_the_queue_so_that_it_is_seen() -> None:
    with pytest.raises(ZeroDivisionError):
        await run_until_done(_Delivery(iter([ZeroDivisionError()])))
