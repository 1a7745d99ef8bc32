"""What a model's process is started with, and what every engine inside it can do."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from inference_service.domain.generation import Piece, Sampling
from inference_service.domain.models import EngineName


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """`context` is the most tokens one request may hold, `places` how many requests an engine that can works on at a time,
    `gpu_layers` how many of the model's layers a graphics processor computes. `verified` is the `fingerprint` of the file when
    a process of this service found that it has the checksum; empty when none has. `memory_bytes` is the most that the process
    may allocate beside the mapped file, 0 for no limit."""

    path: Path
    sha256: str
    context: int
    threads: int
    engine: EngineName = EngineName.CTRANSFORMERS
    places: int = 1
    gpu_layers: int = 0
    verified: str = ""
    memory_bytes: int = 0

    def encode(self) -> str:
        """As an argument of the process."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def decode(cls, text: str) -> "WorkerSpec":
        data = json.loads(text)
        return cls(**data | {"path": Path(data["path"]), "engine": EngineName(data["engine"])})


def fingerprint(path: Path) -> str:
    """What changes when anything writes to the file or another takes its place: device, inode, size and times. Raises OSError."""
    found = path.stat()
    return f"{found.st_dev}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}"


def file_sha256(path: Path) -> str:
    """The SHA-256 of the file in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class EngineMissing(RuntimeError):
    """The engine's library is not installed or does not run on this machine; the message says what to do."""


class Backend(Protocol):
    """A model loaded by one library, inside the model's process.

    `generate` yields the answer's pieces and ends with exactly one that has a `finish`. It raises PromptHasNul, PromptTooLong
    and SchemaRefused before the first. `cancelled` is asked before every token. At most `places` calls run at a time.
    """

    @property
    def places(self) -> int: ...

    def generate(self, prompt: str, sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[Piece]: ...
