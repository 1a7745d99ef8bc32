"""The messages between the service and a model's process: one JSON object a line, over the process's pipes."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from inference_service.domain.generation import Sampling

# The longest line either side accepts: a prompt of 20,000 characters, escaped, fits several times.
LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Generate:
    """Service to model: continue `prompt`."""

    request: int
    prompt: str
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Cancel:
    """Service to model: stop working on `request`."""

    request: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """Model to service: requests are welcome, `places` of them at a time. `verified` is the fingerprint of the file it has."""

    context: int
    places: int = 1
    verified: str = ""


@dataclass(frozen=True, slots=True)
class NotLoaded:
    """Model to service: the file was refused, and why; the process ends."""

    why: str


@dataclass(frozen=True, slots=True)
class Written:
    """Model to service: a piece of the answer; `finish` is empty on all but the last."""

    request: int
    text: str
    tokens: int
    finish: str
    prompt_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """Model to service: the request cannot be worked on; `reason` and `metadata` are those of the ServiceError."""

    request: int
    reason: str
    metadata: dict[str, str]


Frame = Generate | Cancel | Loaded | NotLoaded | Written | Refused
_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in (Generate, Cancel, Loaded, NotLoaded, Written, Refused)}


def encode(frame: Frame) -> bytes:
    """One line; control characters and newlines inside texts are escaped by JSON."""
    return json.dumps({"kind": type(frame).__name__, **asdict(frame)}).encode() + b"\n"


def decode(line: bytes) -> Frame:
    """Raises ValueError when the line is not a frame."""
    data = json.loads(line)
    try:
        kind = _KINDS[data.pop("kind")]
        if kind is Generate:
            data["sampling"] = Sampling(**data["sampling"])
        frame: Frame = kind(**data)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a frame: {line[:80]!r}") from error
    return frame
