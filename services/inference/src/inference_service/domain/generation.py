"""What is asked of a language model, what it answers, and how it is doing."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen. `temperature` 0 takes the likeliest; the same seed chooses the same tokens.

    Generation ends before the first character of `stop`, when it is not empty.
    """

    max_tokens: int = 256
    temperature: float = 0.7
    seed: int = 0
    top_k: int = 40
    top_p: float = 0.95
    stop: str = ""


class Finish(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole characters of the answer; `finish` is set on the last piece only. `tokens` counts from the start."""

    text: str
    tokens: int
    finish: Finish | None = None


class EngineState(StrEnum):
    MISSING = "MISSING"
    INSTALLED = "INSTALLED"
    LOADING = "LOADING"
    READY = "READY"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model as the registry describes it; `sha256` is that of the file it must be."""

    name: str
    purpose: str
    architecture: str
    quantization: str
    context_length: int
    license: str
    file: str
    size_bytes: int
    sha256: str
