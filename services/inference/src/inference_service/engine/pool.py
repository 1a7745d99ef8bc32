"""The loaded models: started by need, kept while they are used, and unloaded when others need the room or nobody asks."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from inference_service.domain.models import (
    EngineState,
    Held,
    Machine,
    ModelCard,
    Task,
    select_optimal_models,
    to_make_room,
)
from inference_service.engine.supervised import SupervisedEngine
from inference_service.errors import (
    ModelFileUnusable,
    ModelInUse,
    ModelNotFound,
    ModelTooLarge,
    ModelUnavailable,
    NoModelForTask,
)
from inference_service.storage import Registry
from servicekit.errors import ServiceError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many models may be loaded, on what machine; seconds that an unused one stays, that a caller waits for one to load, and
    that one which could not be loaded is not tried again by itself."""

    machine: Machine
    models: int = 2
    keep_alive: float = 600.0
    load_wait: float = 10.0
    retry_after: float = 60.0


@dataclass(slots=True)
class Running:
    engine: SupervisedEngine
    supervision: "asyncio.Task[None]"
    used_at: float
    awaited: int = 0
    """How many wait for it to be loaded."""

    @property
    def requests(self) -> int:
        return self.engine.waiting + self.awaited


class ModelPool:
    """A ModelShelf over processes. `pinned` is loaded from the start and stays. Run `run` beside the server."""

    def __init__(
        self, registry: Registry, pinned: ModelCard, start: Callable[[ModelCard], SupervisedEngine], limits: Limits
    ) -> None:
        self._registry, self._pinned, self._start, self._limits = registry, pinned, start, limits
        self._running: dict[str, Running] = {}
        self._failed: dict[str, tuple[float, str]] = {}
        self._loading = asyncio.Lock()
        self._emptied = False

    async def run(self) -> None:
        """Keep the pinned model running and unload those that nobody uses, until cancelled; then unload all."""
        try:
            self._launch(self._pinned)
            while True:
                await asyncio.sleep(min(self._limits.keep_alive / 4, 5.0))
                await self.unload_idle()
        finally:
            await asyncio.gather(*(self._stop(name) for name in list(self._running)))

    async def serving(self) -> bool:
        """Whether requests are worth sending: a model is ready, or all were unloaded on purpose and are loaded by need."""
        return (self._emptied and not self._running) or any(
            [await running.engine.serving() for running in self._running.values()]
        )

    async def unload_idle(self) -> None:
        """Unload what was not used for as long as models are kept."""
        oldest = time.monotonic() - self._limits.keep_alive
        for held in self._held():
            if not held.pinned and not held.requests and held.used_at < oldest:
                await self._stop(held.card.name)

    def can(self, task: Task) -> bool:
        return bool(self._candidates(task))

    async def engine(self, task: Task, name: str = "") -> SupervisedEngine:
        cards = (self._card(name),) if name else self._candidates(task)
        failure: ServiceError = NoModelForTask()
        for card in cards:
            try:
                return await self._loaded(card)
            except (ModelFileUnusable, ModelTooLarge, ModelUnavailable, ModelInUse) as error:
                log.warning("model passed over", extra={"model": card.name, "why": str(error)})
                failure = error
        raise failure

    async def load(self, name: str) -> tuple[ModelCard, EngineState]:
        card = self._card(name)
        self._failed.pop(name, None)
        with contextlib.suppress(ModelUnavailable):  # it is still being loaded, and the state says so
            await self._loaded(card)
        return card, self._state(card)

    async def unload(self, name: str) -> tuple[ModelCard, EngineState]:
        card = self._card(name)
        if (running := self._running.get(name)) and running.requests:
            raise ModelInUse(model=name, requests=str(running.requests))
        await self._stop(name)
        self._emptied = True
        return card, self._state(card)

    def listed(self) -> tuple[tuple[ModelCard, EngineState], ...]:
        return tuple((self._registry.described(card), self._state(card)) for card in self._registry.cards)

    def _card(self, name: str) -> ModelCard:
        try:
            return self._registry.card(name)
        except ValueError:
            raise ModelNotFound(model=name) from None

    def _candidates(self, task: Task) -> tuple[ModelCard, ...]:
        installed = self._registry.present()
        return select_optimal_models(self._registry.cards, task, self._limits.machine, installed, self._running.keys())

    def _state(self, card: ModelCard) -> EngineState:
        if running := self._running.get(card.name):
            return running.engine.state
        return EngineState.INSTALLED if card.name in self._registry.present() else EngineState.MISSING

    async def _loaded(self, card: ModelCard) -> SupervisedEngine:
        if not (running := self._running.get(card.name)):
            running = await self._load(card)
        engine = running.engine
        running.awaited += 1
        try:
            why = await engine.settle(self._limits.load_wait if engine.state is EngineState.LOADING else 0)
        finally:
            running.awaited -= 1
            running.used_at = time.monotonic()
        if not why:
            return engine
        if engine.refused and card.name != self._pinned.name:
            await self._stop(card.name)
            self._failed[card.name] = (time.monotonic(), why)
            raise ModelFileUnusable(model=card.name, why=why)
        raise ModelUnavailable(model=card.name, why=why)

    async def _load(self, card: ModelCard) -> Running:
        at, why = self._failed.get(card.name, (0.0, ""))
        if why and time.monotonic() - at < self._limits.retry_after:
            raise ModelFileUnusable(model=card.name, why=why)
        if card.name not in self._registry.present():
            raise ModelFileUnusable(model=card.name, why="its file is not on this machine")
        async with self._loading:
            for leaving in to_make_room(card, self._held(card.name), self._limits.models, self._limits.machine):
                await self._stop(leaving.name)
            return self._launch(card)

    def _launch(self, card: ModelCard) -> Running:
        """Start the model unless somebody else did meanwhile."""
        if not (running := self._running.get(card.name)):
            engine = self._start(card)
            running = Running(engine, asyncio.create_task(engine.supervise()), time.monotonic())
            self._running[card.name] = running
        return running

    async def _stop(self, name: str) -> None:
        if running := self._running.pop(name, None):
            running.supervision.cancel()
            await asyncio.gather(running.supervision, return_exceptions=True)

    def _held(self, except_for: str = "") -> list[Held]:
        return [
            Held(one.engine.card, one.used_at, one.requests, name == self._pinned.name)
            for name, one in self._running.items()
            if name != except_for
        ]
