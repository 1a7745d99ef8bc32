"""What the use cases need from outside."""

from collections.abc import AsyncGenerator
from typing import Protocol

from inference_service.domain.generation import EngineState, ModelCard, Piece, Sampling


class TextEngine(Protocol):
    """One loaded language model.

    `generate` streams pieces and ends with exactly one that has a `finish`. It raises PromptTooLong and PromptHasNul before
    the first piece, ModelUnavailable while nothing is loaded, EngineBusy when too many wait, and EngineCrashed or
    EngineTimeout for the request that met it; the next request meets a fresh engine. Closing the generator stops the work.
    """

    @property
    def card(self) -> ModelCard: ...

    @property
    def state(self) -> EngineState: ...

    def generate(self, prompt: str, sampling: Sampling) -> AsyncGenerator[Piece, None]: ...
