"""A model that is always being brought back: starts its process, hands it requests, and starts it anew when it dies or hangs."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncGenerator, Callable, MutableMapping
from dataclasses import dataclass, replace
from pathlib import Path

from inference_service.domain.generation import Claim, Finish, Piece, Sampling
from inference_service.domain.models import EngineState, ModelCard
from inference_service.engine.frames import Cancel, Generate, Loaded, NotLoaded, Refused, Written
from inference_service.engine.metrics import GenerationMetrics
from inference_service.engine.spec import WorkerSpec
from inference_service.engine.turnstile import Entry, Turnstile
from inference_service.engine.worker import Worker
from inference_service.errors import (
    EngineCrashed,
    EngineTimeout,
    ModelUnavailable,
    PromptHasNul,
    PromptTooLong,
    SchemaRefused,
)
from servicekit.errors import ServiceError

log = logging.getLogger(__name__)
_REFUSALS: dict[str, Callable[..., ServiceError]] = {
    error.reason: error for error in (PromptTooLong, PromptHasNul, SchemaRefused)
}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take, in seconds, and how many requests may wait for one that is worked on."""

    load: float = 60.0
    ready: float = 10.0
    stall: float = 20.0
    first_delay: float = 0.2
    longest_delay: float = 30.0
    waiting: int = 32


@dataclass(frozen=True, slots=True)
class Ended:
    """The process is gone; `how` says in what way."""

    how: str


Answer = Written | Refused | Ended
ANYBODY = Claim()


class SupervisedEngine:
    """A TextEngine over one model's process. Run `supervise` beside the server; nothing is loaded without it."""

    def __init__(
        self,
        card: ModelCard,
        spec: WorkerSpec,
        patience: Patience | None = None,
        verified: MutableMapping[tuple[Path, str], str] | None = None,
    ) -> None:
        """`verified` keeps the fingerprints of files by path and checksum, for as long as the service lives."""
        self._card, self._spec, self._patience = card, spec, patience or Patience()
        self._verified = {} if verified is None else verified
        self._worker: Worker | None = None
        self._ready = False
        # Set while it is known whether the file can be loaded: requests wait for that, not for a repair.
        self._settled = asyncio.Event()
        self._served = False
        self._was_loaded: Worker | None = None
        self._failures = 0
        self._started_at = self._loaded_at = 0.0
        self._explained = False
        self._problem = "it is being loaded"
        self._turnstile = Turnstile(card.name, 1, self._patience.waiting)
        self._metrics = GenerationMetrics(card.name, spec.engine)
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Queue[Answer]] = {}

    @property
    def card(self) -> ModelCard:
        return self._card

    @property
    def state(self) -> EngineState:
        if self._ready:
            return EngineState.READY
        if not self._spec.path.is_file():
            return EngineState.MISSING
        return EngineState.LOADING if self._failures < 2 else EngineState.INSTALLED

    @property
    def process_id(self) -> int | None:
        """Process id of the model while it is loaded."""
        return self._worker.pid if self._worker and self._ready else None

    @property
    def waiting(self) -> int:
        """How many requests are being worked on or wait."""
        return self._turnstile.present

    @property
    def refused(self) -> bool:
        """Whether it is known that it could not be loaded."""
        return self._settled.is_set() and not self._ready

    async def serving(self) -> bool:
        """Whether requests are worth sending: it is loaded, or it was and is on its way back for the first time."""
        return self._ready or (self._served and self._failures < 2)

    async def generate(self, prompt: str, sampling: Sampling, claim: Claim = ANYBODY) -> AsyncGenerator[Piece, None]:
        """See TextEngine.generate."""
        meter, failure = self._metrics.request(), "cancelled"
        entry = self._turnstile.join(claim, sampling.max_tokens)
        try:
            async for position in self._turnstile.positions(entry):
                yield Piece("", 0, queue_position=position)
            meter.called()
            async with contextlib.aclosing(self._pieces(prompt, sampling, entry)) as pieces:
                async for piece in pieces:
                    meter.piece(piece)
                    yield piece
            failure = ""
        except ServiceError as error:
            failure = error.reason
            raise
        finally:
            self._turnstile.leave(entry)
            meter.ended(failure)

    async def _pieces(self, prompt: str, sampling: Sampling, entry: Entry) -> AsyncGenerator[Piece, None]:
        worker = await self._loaded()
        async with contextlib.aclosing(self._ask(worker, prompt, sampling)) as pieces:
            async for piece in pieces:
                self._turnstile.charge(entry, piece)
                yield piece

    async def settle(self, seconds: float) -> str:
        """Wait, `seconds` at most, until it is loaded or known that it cannot be. Return why it is not loaded; '' when it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._settled.wait()
        return "" if self._ready else self._problem

    async def _loaded(self) -> Worker:
        why = await self.settle(self._patience.ready)
        if self._worker is None or not self._ready:
            raise ModelUnavailable(model=self._card.name, why=why)
        return self._worker

    async def _ask(self, worker: Worker, prompt: str, sampling: Sampling) -> AsyncGenerator[Piece, None]:
        number = next(self._numbers)
        answers = self._answers[number] = asyncio.Queue()
        worker.send(Generate(number, prompt, sampling))
        finished = False
        try:
            while not finished:
                piece = self._piece(await self._next(worker, answers))
                finished = piece.finish is not None
                yield piece
            self._failures = 0
        except ServiceError:
            finished = True
            raise
        finally:
            del self._answers[number]
            if not finished:
                worker.send(Cancel(number))

    async def _next(self, worker: Worker, answers: "asyncio.Queue[Answer]") -> Answer:
        try:
            async with asyncio.timeout(self._patience.stall):
                return await answers.get()
        except TimeoutError:
            # Its end is seen a moment later; nobody may be sent to it until then.
            self._lose()
            self._explain("it hung and is being restarted")
            worker.kill()
            raise EngineTimeout(model=self._card.name, seconds=f"{self._patience.stall:g}") from None

    def _piece(self, answer: Answer) -> Piece:
        match answer:
            case Written():
                finish = Finish(answer.finish) if answer.finish else None
                return Piece(answer.text, answer.tokens, finish, answer.prompt_tokens)
            case Refused():
                raise _REFUSALS[answer.reason](**answer.metadata)
            case Ended():
                raise EngineCrashed(model=self._card.name, exit=answer.how)

    async def supervise(self) -> None:
        """Keep the model's process running until cancelled; wait longer after each failure in a row."""
        try:
            while True:
                await self._run_once()
                delay = min(self._patience.first_delay * 2**self._failures, self._patience.longest_delay)
                self._failures += 1
                log.warning("model stopped", extra={"model": self._card.name, "why": self._problem, "again_in": delay})
                await asyncio.sleep(delay)
        finally:
            self._explain("it was unloaded")
            self._settled.set()

    async def _run_once(self) -> None:
        self._started_at = asyncio.get_running_loop().time()
        verified = self._verified.get((self._spec.path, self._spec.sha256), "")
        self._worker = worker = await Worker.start(replace(self._spec, verified=verified))
        self._explained = False
        try:
            async with asyncio.timeout(self._patience.load) as limit:
                async for frame in worker.frames():
                    match frame:
                        case Loaded(places=places, verified=verified):
                            limit.reschedule(None)
                            self._verified[self._spec.path, self._spec.sha256] = verified
                            self._on_loaded(worker, places)
                        case NotLoaded(why=why):
                            self._explain(why)
                            self._settled.set()
                        case Written() | Refused():
                            self._deliver(frame)
        except TimeoutError:
            self._explain(f"it did not load within {self._patience.load:g} seconds")
        finally:
            await self._ended(worker)

    def _on_loaded(self, worker: Worker, places: int) -> None:
        self._loaded_at = asyncio.get_running_loop().time()
        self._metrics.loaded(self._loaded_at - self._started_at)
        self._turnstile.resize(places)
        self._served = True
        self._was_loaded = worker
        self._ready = True
        self._settled.set()
        log.info("model loaded", extra={"model": self._card.name, "pid": worker.pid})

    def _deliver(self, frame: Written | Refused) -> None:
        """Hand the frame to its request; nobody waits any more for one that was cancelled."""
        if waiting := self._answers.get(frame.request):
            waiting.put_nowait(frame)

    def _lose(self) -> None:
        self._ready = False
        self._settled.clear()

    def _explain(self, problem: str) -> None:
        """Keep why this run failed, for those who ask until the next one is loaded."""
        self._problem, self._explained = problem, True

    async def _ended(self, worker: Worker) -> None:
        was_ready = self._ready
        if was_ready:
            self._lose()
        elif worker is not self._was_loaded:
            self._settled.set()
        how = await worker.end()
        if not self._explained:
            self._explain(f"its process ended ({how}) and is being restarted")
        if was_ready and asyncio.get_running_loop().time() - self._loaded_at > self._patience.longest_delay:
            self._failures = 0
        for waiting in self._answers.values():
            waiting.put_nowait(Ended(how))
