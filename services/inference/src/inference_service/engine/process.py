"""The model's own process: `python -m inference_service.engine.process MODEL SHA256 CONTEXT THREADS`, frames on stdin and stdout.

It holds no secret, opens no socket and ends as soon as the service that started it is gone.
"""

import hashlib
import os
import queue
import resource
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from inference_service.domain.generation import Piece
from inference_service.engine import llama
from inference_service.engine.frames import (
    LONGEST_LINE,
    Cancel,
    Frame,
    Generate,
    Loaded,
    NotLoaded,
    Refused,
    Written,
    decode,
    encode,
)
from inference_service.engine.gguf import GgufRefused
from inference_service.engine.native import NativeModel, PlatformNotSupported
from inference_service.errors import PromptHasNul, PromptTooLong


class Inbox:
    """Requests in the order they came, and which of them are no longer wanted. Read by a thread of its own."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._waiting: queue.SimpleQueue[Generate] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._finished = 0

    def start(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def requests(self) -> Iterator[Generate]:
        while True:
            yield self._waiting.get()

    def cancelled(self, request: int) -> bool:
        return request in self._cancelled

    def finished(self, request: int) -> None:
        """A cancellation that comes later than this would never be looked at again."""
        self._finished = request
        self._cancelled.discard(request)

    def _read(self) -> None:
        while line := self._source.readline(LONGEST_LINE):
            match decode(line):
                case Generate() as request:
                    self._waiting.put(request)
                case Cancel(request=number) if number > self._finished:
                    self._cancelled.add(number)
        # The service is gone; a native call may be running, so nothing but leaving at once is sure to work.
        os._exit(0)


def load(path: Path, sha256: str, context: int, threads: int) -> tuple[NativeModel, int]:
    """Check the file, then load it. Return the model and its context in tokens. Raises GgufRefused, PlatformNotSupported."""
    sizes = llama.check(path)
    found = file_sha256(path)
    if found != sha256:
        raise GgufRefused(f"its SHA-256 is {found} instead of {sha256}")
    held = min(context, sizes.context)
    return NativeModel(path, held, threads), held


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def answer(model: NativeModel, request: Generate, inbox: Inbox) -> Iterator[Frame]:
    """The frames that answer one request; exactly one of them ends it."""
    try:
        pieces = model.generate(request.prompt, request.sampling, lambda: inbox.cancelled(request.request))
        yield from (_written(request.request, piece) for piece in pieces)
    except (PromptTooLong, PromptHasNul) as error:
        yield Refused(request.request, error.reason, error.metadata)
    finally:
        inbox.finished(request.request)


def _written(request: int, piece: Piece) -> Written:
    return Written(request, piece.text, piece.tokens, piece.finish or "")


def serve(model: str, sha256: str, context: int, threads: int) -> int:
    """Answer requests until the service closes the pipe. Return the exit status."""
    # A model that dies must not fill the disk, and must not print into the frames: native code logs to stdout.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    try:
        native, held = load(Path(model), sha256, context, threads)
    except (GgufRefused, PlatformNotSupported, OSError) as error:
        output.write(encode(NotLoaded(str(error))))
        return 1
    inbox = Inbox(sys.stdin.buffer)
    inbox.start()
    output.write(encode(Loaded(held)))
    for request in inbox.requests():
        for frame in answer(native, request, inbox):
            output.write(encode(frame))
    return 0


if __name__ == "__main__":
    _, model_path, model_sha256, context_length, thread_count = sys.argv
    raise SystemExit(serve(model_path, model_sha256, int(context_length), int(thread_count)))
