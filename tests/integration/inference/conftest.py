"""The shipped model in a real process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import grpc
import pytest
from integration.inference.model_source import source  # noqa: F401  # a fixture
from loopback import Loopback

from inference_service.domain.models import MEBIBYTE, EngineName, Machine, ModelCard, Task
from inference_service.engine.pool import Limits, ModelPool
from inference_service.engine.spec import WorkerSpec
from inference_service.engine.supervised import Patience, SupervisedEngine
from inference_service.main import registrations
from inference_service.storage import Registry, read_registry
from littlemonster.common.v1 import study_pb2 as study
from littlemonster.inference.v1 import inference_service_pb2 as pb
from littlemonster.inference.v1.inference_service_pb2_grpc import GenerationServiceStub
from servicekit.ids import new_id

StartEngine = Callable[..., Awaitable[SupervisedEngine]]
Stream = Callable[..., AsyncIterator[pb.GenerateStreamResponse]]
PYTHAGORAS = pb.GenerateScriptRequest(topic="Pythagorean theorem", subject=study.SUBJECT_MATH, seed=7)


@pytest.fixture
def registry() -> Registry:
    return read_registry()


def nano_spec(context: int) -> WorkerSpec:
    """The shipped model, to be called directly: it is known to be sound, so it may run inside a test."""
    registry = read_registry()
    card = registry.card("little-monster-nano")
    return WorkerSpec(registry.path(card), card.sha256, context, 1)


@pytest.fixture
async def start_engine(registry: Registry) -> AsyncIterator[StartEngine]:
    """Start engines that end with the test: `await start_engine(path=…, sha256=…, patience=…)`."""
    card = registry.card("little-monster-nano")
    async with AsyncExitStack() as stack:

        async def start(
            path: Path | None = None,
            sha256: str = card.sha256,
            patience: Patience | None = None,
            library: EngineName = EngineName.CTRANSFORMERS,
            memory_bytes: int = 0,
        ) -> SupervisedEngine:
            spec = WorkerSpec(
                path or registry.path(card), sha256, card.context_length, 1, library, 4, memory_bytes=memory_bytes
            )
            engine = SupervisedEngine(card, spec, patience)
            supervision = asyncio.create_task(engine.supervise())

            async def end() -> None:
                supervision.cancel()
                await asyncio.gather(supervision, return_exceptions=True)

            stack.push_async_callback(end)
            return engine

        yield start


ROOMY = Limits(Machine(1024 * MEBIBYTE, 2))


@asynccontextmanager
async def running_pool(
    registry: Registry, limits: Limits = ROOMY, pinned: str = "little-monster-nano"
) -> AsyncIterator[ModelPool]:
    """A pool over `registry` that ends with the block."""

    def start(card: ModelCard) -> SupervisedEngine:
        described = registry.described(card)
        return SupervisedEngine(described, WorkerSpec(registry.path(card), described.sha256, 512, threads=1))

    pool = ModelPool(registry, registry.card(pinned), start, limits)
    running = asyncio.create_task(pool.run())
    try:
        yield pool
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def pool(registry: Registry) -> AsyncIterator[ModelPool]:
    async with running_pool(registry) as pool:
        yield pool


@pytest.fixture
async def engine(pool: ModelPool) -> SupervisedEngine:
    return await pool.engine(Task.LINES)


@pytest.fixture
async def address(loopback: Loopback, pool: ModelPool) -> str:
    """The whole service."""
    return await loopback.serve(registrations(pool))


@pytest.fixture
def service(loopback: Loopback, address: str) -> grpc.aio.Channel:
    return loopback.channel(address, as_service="content")


@pytest.fixture
def anybody(loopback: Loopback, address: str) -> grpc.aio.Channel:
    return loopback.channel(address)


@pytest.fixture
def stream(anybody: grpc.aio.Channel, loopback: Loopback) -> Stream:
    """GenerateStream as a moderator calls it."""
    return partial(GenerationServiceStub(anybody).GenerateStream, metadata=loopback.as_user(new_id(), "MODERATOR"))


def copies(registry: Registry, folder: Path, *names: str) -> Registry:
    """A registry of the shipped model under its own name and under `names`, each with a file of its own in `folder`."""
    card = registry.card("little-monster-nano")
    cards = [replace(card, name=name, file=f"{name}.gguf") for name in (card.name, *names)]
    for copy in cards:
        (folder / copy.file).write_bytes(registry.path(card).read_bytes())
    return Registry(tuple(cards), folder)
