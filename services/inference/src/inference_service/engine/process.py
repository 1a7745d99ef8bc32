"""The model's own process: `python -m inference_service.engine.process SPEC`, frames on stdin and stdout.

It holds no secret, opens no socket and ends as soon as the service that started it is gone.
"""

import contextlib
import os
import queue
import resource
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from inference_service.domain.generation import Piece
from inference_service.domain.models import EngineName
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
from inference_service.engine.native import NativeModel
from inference_service.engine.spec import Backend, EngineMissing, WorkerSpec, file_sha256, fingerprint
from inference_service.engine.xllama import BatchedModel
from inference_service.errors import PromptHasNul, PromptTooLong, SchemaRefused

GATHER_SECONDS = 0.01
MOST_LIKELY_VICTIM = 1000
"""What Linux is told when memory runs out: end this process, and not the service that brings it back."""


class Inbox:
    """Requests in the order they came, and which of them are no longer wanted. Read by a thread of its own."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._waiting: queue.SimpleQueue[Generate] = queue.SimpleQueue()
        self._open: set[int] = set()
        self._cancelled: set[int] = set()

    def start(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def requests(self) -> Iterator[Generate]:
        while True:
            yield self._waiting.get()

    def cancelled(self, request: int) -> bool:
        return request in self._cancelled

    def finished(self, request: int) -> None:
        """A cancellation that comes later than this would never be looked at again."""
        self._open.discard(request)
        self._cancelled.discard(request)

    def _read(self) -> None:
        while line := self._source.readline(LONGEST_LINE):
            match decode(line):
                case Generate() as request:
                    self._open.add(request.request)
                    self._waiting.put(request)
                case Cancel(request=number) if number in self._open:
                    self._cancelled.add(number)
        # The service is gone; a native call may be running, so nothing but leaving at once is sure to work.
        os._exit(0)


def load(spec: WorkerSpec) -> tuple[Backend, int, str]:
    """Check the file, then load it. Return the model, its context in tokens, and the fingerprint of the file that was checked.

    Raises GgufRefused, EngineMissing, OSError.
    """
    batched = spec.engine is EngineName.XLLAMACPP
    trained = llama.check_any(spec.path) if batched else llama.check(spec.path).context
    verified = verify(spec)
    held = min(spec.context, trained)
    held_spec = replace(spec, context=held)
    return BatchedModel(held_spec) if batched else NativeModel(held_spec), held, verified


def verify(spec: WorkerSpec) -> str:
    """The file's fingerprint once its checksum is known to be right: a model of some gigabytes is read through only once.

    The fingerprint is taken first, so that what is written meanwhile does not have it. Raises GgufRefused, OSError.
    """
    shown = fingerprint(spec.path)
    if shown != spec.verified and (found := file_sha256(spec.path)) != spec.sha256:
        raise GgufRefused(f"its SHA-256 is {found} instead of {spec.sha256 or 'a known one'}")
    return shown


def answer(model: Backend, request: Generate, inbox: Inbox) -> Iterator[Frame]:
    """The frames that answer one request; exactly one of them ends it."""
    try:
        pieces = model.generate(request.prompt, request.sampling, lambda: inbox.cancelled(request.request))
        yield from (_written(request.request, piece) for piece in gathered(pieces))
    except (PromptTooLong, PromptHasNul, SchemaRefused) as error:
        yield Refused(request.request, error.reason, error.metadata)
    finally:
        inbox.finished(request.request)


def gathered(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The first piece at once, then what came within GATHER_SECONDS as one: a frame can cost more than a token."""
    text, sent = "", 0.0
    for piece in pieces:
        text += piece.text
        if piece.finish or time.monotonic() - sent >= GATHER_SECONDS:
            yield replace(piece, text=text)
            text, sent = "", time.monotonic()


def _written(request: int, piece: Piece) -> Written:
    return Written(request, piece.text, piece.tokens, piece.finish or "", piece.prompt_tokens)


class Outbox:
    """Frames to the service, from any thread, one whole line after the other."""

    def __init__(self, output: BinaryIO) -> None:
        self._output, self._lock = output, threading.Lock()

    def send(self, frame: Frame) -> None:
        with self._lock:
            self._output.write(encode(frame))
            self._output.flush()


def work(model: Backend, inbox: Inbox, outbox: Outbox) -> None:
    """Answer requests as they come, as many at a time as the model can. A failure that nobody foresaw ends the process."""

    def work_on(request: Generate) -> None:
        try:
            for frame in answer(model, request, inbox):
                outbox.send(frame)
        except BaseException:
            os._exit(1)

    if model.places == 1:  # without threads: the library crashes when two call it, and must not when one is left over
        for request in inbox.requests():
            work_on(request)
    with ThreadPoolExecutor(model.places) as pool:
        for request in inbox.requests():
            pool.submit(work_on, request)


def confine(spec: WorkerSpec) -> None:
    """A model that dies must not fill the disk, and one that runs wild must not take the memory of others."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if spec.memory_bytes:
        resource.setrlimit(resource.RLIMIT_DATA, (spec.memory_bytes, spec.memory_bytes))
    with contextlib.suppress(OSError):  # only Linux has it
        Path("/proc/self/oom_score_adj").write_text(str(MOST_LIKELY_VICTIM), encoding="ascii")


def serve(spec: WorkerSpec) -> int:
    """Answer requests until the service closes the pipe. Return the exit status."""
    confine(spec)
    # A model must not print into the frames: native code logs to stdout.
    outbox = Outbox(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    try:
        model, held, verified = load(spec)
    except (GgufRefused, EngineMissing, OSError) as error:
        outbox.send(NotLoaded(str(error)))
        return 1
    except MemoryError:
        outbox.send(
            NotLoaded(f"it needs more than the {spec.memory_bytes >> 20} MiB that LM_MODELS_MEMORY_MIB leaves it")
        )
        return 1
    inbox = Inbox(sys.stdin.buffer)
    inbox.start()
    outbox.send(Loaded(held, model.places, verified))
    work(model, inbox, outbox)
    return 0


if __name__ == "__main__":
    raise SystemExit(serve(WorkerSpec.decode(sys.argv[1])))
