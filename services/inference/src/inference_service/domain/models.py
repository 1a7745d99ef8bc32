"""Models as the registry describes them, and which of them is the best for a task on this machine."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from enum import StrEnum

from inference_service.errors import ModelInUse, ModelTooLarge

MEBIBYTE = 1024 * 1024
SLOWEST_TOKENS_PER_SECOND = 2.0
"""A model that would write slower than this is not chosen; it can still be named."""
BYTES_PER_SECOND_AND_CORE = 6_000_000_000
"""How much of a model one core reads in a second; each token reads the whole model once."""


class Task(StrEnum):
    """What a model is good for."""

    LINES = "lines"
    """The short spoken lines around a lesson, asked for as domain.lines does."""
    TEXT = "text"
    """Any continuation of a prompt."""
    SUMMARY = "summary"
    """Summaries and key points of a text, by instruction."""
    MODERATION = "moderation"
    """Judgements on texts about which no rule has anything to say, by instruction."""


class PromptFormat(StrEnum):
    """How an instruction is written so that the model follows it."""

    PLAIN = "plain"
    LLAMA2 = "llama2"
    MISTRAL = "mistral"


class EngineName(StrEnum):
    """The libraries that run a model."""

    CTRANSFORMERS = "ctransformers"
    XLLAMACPP = "xllamacpp"


class EngineState(StrEnum):
    MISSING = "MISSING"
    INSTALLED = "INSTALLED"
    LOADING = "LOADING"
    READY = "READY"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model as the registry describes it.

    `context_length` is in tokens, `size_bytes` that of the file, `parameters` in millions. `sha256` is that of the file it must
    be; empty when nobody vouches for one, and then the first download is pinned. `source` is where the file can be had.
    `engine` is set when only that one can run it. `cache_bytes_per_token` is what it remembers of each token of its context:
    layers × key-value width × 2 × 2 bytes.
    """

    name: str
    purpose: str
    architecture: str
    quantization: str
    context_length: int
    license: str
    file: str
    size_bytes: int
    sha256: str = ""
    source: str = ""
    prompt_format: PromptFormat = PromptFormat.PLAIN
    tasks: tuple[Task, ...] = (Task.LINES, Task.TEXT)
    parameters: int = 0
    engine: EngineName | None = None
    cache_bytes_per_token: int = 0


@dataclass(frozen=True, slots=True)
class Machine:
    """What models may use: bytes of memory, and cores; and how they are run: tokens of context, and requests at a time."""

    memory_bytes: int
    cores: int
    context: int = 4096
    places: int = 1

    def takes(self, card: ModelCard) -> int:
        """About the bytes that it takes when loaded: the file, a fifth more to work with, and what it remembers."""
        remembered = min(self.context, card.context_length) * self.places * card.cache_bytes_per_token
        return card.size_bytes * 6 // 5 + remembered

    def holds(self, card: ModelCard) -> bool:
        return self.takes(card) <= self.memory_bytes

    def fast_enough(self, card: ModelCard) -> bool:
        return card.size_bytes * SLOWEST_TOKENS_PER_SECOND <= self.cores * BYTES_PER_SECOND_AND_CORE


def select_optimal_models(
    cards: Iterable[ModelCard], task: Task, machine: Machine, installed: Set[str], loaded: Set[str]
) -> tuple[ModelCard, ...]:
    """The models that can do `task` here, the best first: the next is for when one fails.

    More parameters come first, as those write better; among as many, a loaded one, then the finest quantisation.
    """
    fitting = [
        card
        for card in cards
        if task in card.tasks and card.name in installed and machine.holds(card) and machine.fast_enough(card)
    ]
    return tuple(
        sorted(fitting, key=lambda card: (-card.parameters, card.name not in loaded, -card.size_bytes, card.name))
    )


@dataclass(frozen=True, slots=True)
class Held:
    """A loaded model; `used_at` orders by last use, `requests` work on it or wait for it, a `pinned` one never leaves."""

    card: ModelCard
    used_at: float
    requests: int
    pinned: bool


def to_make_room(card: ModelCard, held: Iterable[Held], most: int, machine: Machine) -> tuple[ModelCard, ...]:
    """The models to unload so that `card` can be loaded: idle ones, the least recently used first, no more than needed.

    `most` models may be loaded. Raises ModelTooLarge when it never fits, ModelInUse when it only does not now.
    """
    staying = sorted(held, key=lambda model: model.used_at)
    needed = machine.takes(card)
    pinned = sum(machine.takes(model.card) for model in staying if model.pinned)
    if pinned + needed > machine.memory_bytes:
        raise ModelTooLarge(
            model=card.name,
            needed=str(needed // MEBIBYTE),
            limit=str((machine.memory_bytes - pinned) // MEBIBYTE),
        )
    leaving: list[ModelCard] = []
    while len(staying) >= most or sum(machine.takes(model.card) for model in staying) + needed > machine.memory_bytes:
        victim = next((model for model in staying if not model.pinned and not model.requests), None)
        if victim is None:
            busiest = max(staying, key=lambda model: model.requests)
            raise ModelInUse(model=busiest.card.name, requests=str(busiest.requests))
        staying.remove(victim)
        leaving.append(victim.card)
    return tuple(leaving)


def instruction(format_: PromptFormat, text: str) -> str:
    """`text` written as an instruction to a model of the format. The begin mark is the engine's to add."""
    match format_:
        case PromptFormat.LLAMA2 | PromptFormat.MISTRAL:
            return f"[INST] {text} [/INST]"
        case PromptFormat.PLAIN:
            return f"{text}\n"
