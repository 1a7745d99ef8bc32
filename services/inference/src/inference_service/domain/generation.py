"""What is asked of a language model, what it answers, and how it is doing."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Priority(IntEnum):
    """Who is worked on first when several wait; a lower number goes before every higher one."""

    MODERATION = 0
    INTERACTIVE = 1
    LESSON = 2
    BATCH = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """On whose account a request is worked on, and how urgent it is. Users of one priority share a model by tokens."""

    user: str = ""
    priority: Priority = Priority.INTERACTIVE


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen. `temperature` 0 takes the likeliest; the same seed chooses the same tokens.

    Generation ends before the first character of `stop`, when it is not empty. `schema` is a JSON schema as domain.schema
    writes it; the answer can then only be a beginning of JSON that has its structure. Empty means free text.
    """

    max_tokens: int = 256
    temperature: float = 0.7
    seed: int = 0
    top_k: int = 40
    top_p: float = 0.95
    stop: str = ""
    schema: str = ""


class Finish(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole characters of the answer; `finish` is set on the last piece only. `tokens` counts from the start.

    `prompt_tokens` is the length of the prompt. While a request waits, pieces without text say its `queue_position`: 1 is next.
    """

    text: str
    tokens: int
    finish: Finish | None = None
    prompt_tokens: int = 0
    queue_position: int = 0
