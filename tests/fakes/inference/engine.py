"""A text engine without a model: words by seed, or lines by the kind that a prompt asks for. Keeps the port's contract."""

import random
from collections.abc import AsyncGenerator, Mapping, Sequence

from inference_service.domain.generation import Claim, Finish, Piece, Sampling
from inference_service.domain.models import EngineState, ModelCard, Task
from inference_service.errors import EngineCrashed, NoModelForTask, PromptHasNul, PromptTooLong
from inference_service.ports import ANYBODY

CARD = ModelCard("fake", "tests", "llama", "Q8_0", 2048, "none", "fake.gguf", 0, "0" * 64)
WORDS = ("a", "lesson", "on", "the", "water", "and", "its", "long", "way", "home")


class FakeEngine:
    """`lines` answers a prompt whose kind it names; `crash` makes every request fail as if the process had died; `answers` are
    given one after the other, whatever is asked."""

    def __init__(
        self, lines: Mapping[str, str] | None = None, *, crash: bool = False, answers: Sequence[str] = ()
    ) -> None:
        self._lines, self._crash, self._answers = dict(lines or {}), crash, list(answers)
        self.prompts: list[str] = []
        self.samplings: list[Sampling] = []
        self.claims: list[Claim] = []
        self.closed = 0

    @property
    def card(self) -> ModelCard:
        return CARD

    @property
    def state(self) -> EngineState:
        return EngineState.READY

    async def generate(self, prompt: str, sampling: Sampling, claim: Claim = ANYBODY) -> AsyncGenerator[Piece, None]:
        self.prompts.append(prompt)
        self.samplings.append(sampling)
        self.claims.append(claim)
        self._check(prompt, sampling)
        try:
            tokens = 0
            if self._answers:
                yield Piece(self._answers.pop(0), 1, Finish.STOP)
                return
            for word in self._words(prompt, sampling)[: sampling.max_tokens]:
                tokens += 1
                yield Piece(f" {word}", tokens)
            yield Piece("", tokens, Finish.LENGTH if tokens == sampling.max_tokens else Finish.STOP)
        finally:
            self.closed += 1

    def _check(self, prompt: str, sampling: Sampling) -> None:
        if "\0" in prompt:
            raise PromptHasNul
        needed = len(prompt.encode())
        if needed + sampling.max_tokens > CARD.context_length:
            raise PromptTooLong(
                prompt_tokens=str(needed), max_tokens=str(sampling.max_tokens), context=str(CARD.context_length)
            )
        if self._crash:
            raise EngineCrashed(model=CARD.name, exit="signal 9")

    def _words(self, prompt: str, sampling: Sampling) -> list[str]:
        for kind, line in self._lines.items():
            if f"kind: {kind}\n" in prompt:
                return line.split()
        chooser = random.Random(sampling.seed if sampling.temperature else 0)
        return [chooser.choice(WORDS) for _ in range(sampling.max_tokens)]


class FakeShelf:
    """A shelf with one engine, which can do `tasks`."""

    def __init__(self, engine: FakeEngine, tasks: Sequence[Task] = (Task.LINES, Task.TEXT)) -> None:
        self._engine, self._tasks = engine, tasks

    async def engine(self, task: Task, name: str = "") -> FakeEngine:
        if task not in self._tasks:
            raise NoModelForTask
        return self._engine

    def can(self, task: Task) -> bool:
        return task in self._tasks

    async def load(self, name: str) -> tuple[ModelCard, EngineState]:
        return CARD, EngineState.READY

    async def unload(self, name: str) -> tuple[ModelCard, EngineState]:
        return CARD, EngineState.INSTALLED

    def listed(self) -> tuple[tuple[ModelCard, EngineState], ...]:
        return ((CARD, EngineState.READY),)
