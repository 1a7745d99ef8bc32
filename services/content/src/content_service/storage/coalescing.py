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
    the answers a second grow. `read` maps each key it finds to its value. After a read that several shared, a lane waits
    `pause` seconds (0 for not at all) for more to join the next: fuller statements cost every process fewer wake-ups.
    """

    def __init__(
        self,
        read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]],
        lanes: int = 2,
        largest_batch: int = _LARGEST_BATCH,
        pause: float = 0.0,
    ) -> None:
        self._read = read
        self._lanes = lanes
        self._largest_batch = largest_batch
        self._pause = pause
        self._crowded = False
        self._busy = 0
        # A future a caller: one that goes away takes the answer from nobody else.
        self._waiting: dict[Key, list[asyncio.Future[Value | None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(self, key: Key) -> Value | None:
        """The value, or None when there is none. Raises what `read` raised."""
        answer: asyncio.Future[Value | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(answer)
        if self._busy < self._lanes:
            self._start()
        return await answer

    def _start(self) -> None:
        self._busy += 1
        task = asyncio.create_task(self._work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        try:
            while self._waiting:
                if self._pause and self._crowded:
                    await asyncio.sleep(self._pause)
                batch = self._take()
                self._crowded = len(batch) > 1
                await self._answer(batch)
        finally:
            self._busy -= 1

    def _take(self) -> dict[Key, list[asyncio.Future[Value | None]]]:
        if len(self._waiting) <= self._largest_batch:
            batch, self._waiting = self._waiting, {}
            return batch
        return {key: self._waiting.pop(key) for key in list(self._waiting)[: self._largest_batch]}

    async def _answer(self, batch: Mapping[Key, list[asyncio.Future[Value | None]]]) -> None:
        try:
            found = await self._read(list(batch))
        except Exception as error:
            for answer in _waited_for(batch):
                answer.set_exception(error)
            return
        for key, answers in batch.items():
            for answer in answers:
                if not answer.done():
                    answer.set_result(found.get(key))


def _waited_for(batch: Mapping[Key, list[asyncio.Future[Value | None]]]) -> list[asyncio.Future[Value | None]]:
    return [answer for answers in batch.values() for answer in answers if not answer.done()]
