"""The shipped model in a real process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from inference_service.engine.supervised import Patience, SupervisedEngine
from inference_service.engine.worker import WorkerSpec
from inference_service.storage import Registry, read_registry

StartEngine = Callable[..., Awaitable[SupervisedEngine]]


@pytest.fixture
def registry() -> Registry:
    return read_registry()


@pytest.fixture
async def start_engine(registry: Registry) -> AsyncIterator[StartEngine]:
    """Start engines that end with the test: `await start_engine(path=…, sha256=…, patience=…)`."""
    card = registry.card("little-monster-nano")
    async with AsyncExitStack() as stack:

        async def start(
            path: Path | None = None, sha256: str = card.sha256, patience: Patience | None = None
        ) -> SupervisedEngine:
            spec = WorkerSpec(path or registry.path(card), sha256, card.context_length, threads=1)
            engine = SupervisedEngine(card, spec, patience)
            supervision = asyncio.create_task(engine.supervise())

            async def end() -> None:
                supervision.cancel()
                await asyncio.gather(supervision, return_exceptions=True)

            stack.push_async_callback(end)
            return engine

        yield start
