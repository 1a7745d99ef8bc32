"""A text engine without a model: words by seed, or lines by the kind that a prompt asks for. Keeps the port's contract."""

import random
from collections.abc import AsyncGenerator, Mapping

from inference_service.domain.generation import EngineState, Finish, ModelCard, Piece, Sampling
from inference_service.errors import EngineCrashed, PromptHasNul, PromptTooLong

CARD = ModelCard("fake", "tests", "llama", "Q8_0", 512, "none", "fake.gguf", 0, "0" * 64)
WORDS = ("a", "lesson", "on", "the", "water", "and", "its", "long", "way", "home")


class FakeEngine:
    """`lines` answers a prompt whose kind it names; `crash` makes every request fail as if the process had died."""

    def __init__(self, lines: Mapping[str, str] | None = None, *, crash: bool = False) -> None:
        self._lines, self._crash = dict(lines or {}), crash
        self.prompts: list[str] = []
        self.closed = 0

    @property
    def card(self) -> ModelCard:
        return CARD

    @property
    def state(self) -> EngineState:
        return EngineState.READY

    async def generate(self, prompt: str, sampling: Sampling) -> AsyncGenerator[Piece, None]:
        self.prompts.append(prompt)
        self._check(prompt, sampling)
        try:
            tokens = 0
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
