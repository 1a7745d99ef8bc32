"""Work that goes on beside a test, and ends with it for certain."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


async def ended(*tasks: asyncio.Task[Any]) -> None:
    """Returns once all have ended, however often they have to be told: nats-py swallows a cancellation now and then."""
    while waiting := [task for task in tasks if not task.done()]:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=1)
    await asyncio.gather(*tasks, return_exceptions=True)  # what nobody asks for would be logged in some later test


@asynccontextmanager
async def at_work(*work: Coroutine[Any, Any, Any]) -> AsyncIterator[None]:
    """Runs all of it while the block lasts."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        await ended(*tasks)
