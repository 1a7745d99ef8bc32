"""Reads that arrive together share a round trip. No result is ever kept: each read starts after it was asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
_LARGEST_BATCH = 100


class Coalescer(Generic[Key, Value]):
    """Keys asked for while every lane is busy are read together when one is free.

    Alone, a read starts at once and waits for nobody; under load the number of statements stays bounded by the lanes while
    the answers a second grow. `read` maps each key it finds to its value.
    """

    def __init__(self, read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]], lanes: int = 2) -> None:
        self._read = read
        self._lanes = lanes
        self._busy = 0
        self._waiting: dict[Key, asyncio.Future[Value | None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(self, key: Key) -> Value | None:
        """The value, or None when there is none. Raises what `read` raised."""
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
            self._start()
        # One caller that goes away must not take the answer from the others.
        return await asyncio.shield(future)

    def _start(self) -> None:
        if self._busy < self._lanes:
            self._busy += 1
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._answer(self._take())
        finally:
            self._busy -= 1

    def _take(self) -> dict[Key, asyncio.Future[Value | None]]:
        keys = list(self._waiting)[:_LARGEST_BATCH]
        return {key: self._waiting.pop(key) for key in keys}

    async def _answer(self, batch: Mapping[Key, asyncio.Future[Value | None]]) -> None:
        try:
            found = await self._read(list(batch))
        except Exception as error:
            for future in batch.values():
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # every caller may have gone; nobody then retrieves it
            return
        for key, future in batch.items():
            if not future.done():
                future.set_result(found.get(key))
