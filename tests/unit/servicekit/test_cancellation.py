"""Work beside the server ends when it is told to, also where a library swallows the telling."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from nats.errors import ConnectionClosedError

from servicekit.cancellation import cancelled
from servicekit.messaging.backlog import Backlog
from servicekit.messaging.consumer import Consumer
from servicekit.messaging.relay import Relay


class _Deaf:
    """A broker whose library makes a time-out of the first cancellation, and a database that has nothing."""

    connected, connections = True, 1

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.told = False

    async def jetstream(self) -> None:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if self.told:
                raise
            self.told = True
            raise TimeoutError from None

    async def one(self, statement: object) -> None:
        """No row."""

    async def execute(self, statement: object) -> None:
        """Nothing to forget."""


Work = Callable[[Any], Coroutine[Any, Any, None]]
_each_work = pytest.mark.parametrize(
    "work",
    [
        lambda servers: Backlog(servers, servers).watch(),
        lambda servers: Consumer(servers, servers, durable="test", handlers=[]).run(),
        lambda servers: Relay(servers, servers).run(),
    ],
    ids=["backlog", "consumer", "relay"],
)


@_each_work
async def test_one_cancellation_is_enough(work: Work) -> None:
    deaf = _Deaf()
    task = asyncio.create_task(work(deaf))
    await deaf.asked.wait()
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=30)
    assert done, "it goes on as if nobody had told it"
    assert deaf.told


class _Failing(_Deaf):
    """A broker that is away the first times it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 3

    async def jetstream(self) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionClosedError
        await super().jetstream()


@_each_work
async def test_what_fails_is_not_taken_for_a_cancellation(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicekit.messaging.backlog._EVERY_SECONDS", 0.0)
    failing = _Failing()
    task = asyncio.create_task(work(failing))
    async with asyncio.timeout(60):
        await failing.asked.wait()
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=30)
    assert (failing.failures, len(done)) == (0, 1)


async def test_a_task_knows_that_it_was_told_to_end() -> None:
    known: list[bool] = []

    async def work() -> None:
        known.append(cancelled())
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            known.append(cancelled())

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await task
    assert known == [False, True]
