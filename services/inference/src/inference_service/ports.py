"""What the use cases need from outside."""

from collections.abc import AsyncGenerator
from typing import Protocol

from inference_service.domain.classification import LanguageGuess
from inference_service.domain.generation import Claim, Piece, Sampling
from inference_service.domain.models import EngineState, ModelCard, Task

ANYBODY = Claim()


class TextEngine(Protocol):
    """One loaded language model, shared fairly.

    `generate` streams pieces and ends with exactly one that has a `finish`; before them, pieces without text say the position in
    the queue as often as it changes. It raises PromptTooLong, PromptHasNul and SchemaRefused before the first text,
    ModelUnavailable while nothing is loaded, EngineBusy when too many wait, and EngineCrashed or EngineTimeout for the
    request that met it; the next request meets a fresh engine. Closing the generator stops the work within one token.
    """

    @property
    def card(self) -> ModelCard: ...

    @property
    def state(self) -> EngineState: ...

    def generate(self, prompt: str, sampling: Sampling, claim: Claim = ANYBODY) -> AsyncGenerator[Piece, None]: ...


class ModelShelf(Protocol):
    """Every model of the registry, loaded by need.

    `engine` gives the best model for a task, or the one that is named, loading it when it has to; a model that cannot be loaded
    is passed over for the next best. It raises ModelNotFound, NoModelForTask, ModelFileUnusable, ModelTooLarge, ModelInUse and
    ModelUnavailable. `load` and `unload` return the model as it is afterwards and may be repeated.
    """

    async def engine(self, task: Task, name: str = "") -> TextEngine: ...

    def can(self, task: Task) -> bool: ...

    async def load(self, name: str) -> tuple[ModelCard, EngineState]: ...

    async def unload(self, name: str) -> tuple[ModelCard, EngineState]: ...

    def listed(self) -> tuple[tuple[ModelCard, EngineState], ...]: ...


class AnswerCheck(Protocol):
    """Says what is wrong with `answer` by the JSON schema `schema`; empty when nothing is."""

    def __call__(self, answer: str, schema: str) -> str: ...


class Languages(Protocol):
    """Tells languages apart."""

    def detect(self, text: str) -> LanguageGuess:
        """The likeliest language; "und" for a text without words or in none that is known."""
        ...
