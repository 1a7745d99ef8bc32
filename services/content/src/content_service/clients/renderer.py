"""The renderer in a process of its own: it is heavy on the processor, and native code that crashes takes only itself down."""

import asyncio
import contextlib
import ctypes
import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from content_service.domain import Stage
from content_service.errors import RendererCrashed
from content_service.lesson.errors import LessonError
from content_service.lesson.result import Rendered, load
from content_service.lesson.script import Script
from content_service.ports import StageProgress

_LONGEST_SECONDS = 600.0
_PR_SET_PDEATHSIG = 1


def _work(pipe: Connection, voice_file: Path | None) -> None:
    """The process's whole life: a stage, a script and a folder in, progress and a result out. Ends with its parent."""
    from content_service.lesson.render import perform  # heavy; the parent never loads it

    # At once: a film nobody waits for would get in the way of the next worker's.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.nice(5)  # people who use the platform come before lessons in the making
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            stage, script, folder = pipe.recv()
            try:
                pipe.send(
                    perform(stage, script, folder, lambda stage, fraction: pipe.send((stage, fraction)), voice_file)
                )
            except LessonError as error:
                pipe.send(error)


class RendererProcess:
    """The adapter of `ports.Renderer`. Starts its process when first needed, and anew after a crash."""

    def __init__(self, voice_file: Path | None = None) -> None:
        """`voice_file` is a piper voice to speak with instead of espeak-ng."""
        self._voice_file = voice_file
        self._context = multiprocessing.get_context("spawn")
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="renderer")
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    def start(self) -> None:
        """Starts the process ahead of its first lesson: loading takes longer than drawing a slide."""
        self.stop()
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(
            target=_work, args=(theirs, self._voice_file), name="renderer", daemon=True
        )
        self._process.start()
        theirs.close()

    def stop(self) -> None:
        """Ends the process at once; what it was drawing is lost."""
        if self._process:
            self._process.kill()
            self._process.join()
        if self._pipe:
            self._pipe.close()
        self._process = self._pipe = None

    @property
    def pid(self) -> int | None:
        """The process's id, or None while there is none."""
        return self._process.pid if self._process else None

    async def perform(self, stage: Stage, script: Script, folder: Path, progress: StageProgress) -> bytes:
        """Raises LessonError, or RendererCrashed when the process dies or takes over ten minutes."""
        if self._process is None or not self._process.is_alive():
            self.start()
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                return await self._converse(stage, script, folder, progress)
        except (EOFError, OSError, TimeoutError) as error:
            self.stop()
            raise RendererCrashed from error
        except asyncio.CancelledError:
            self.stop()
            raise

    def rendered(self, artifact: bytes) -> Rendered:
        """What `perform` answered for RENDER."""
        return load(artifact)

    async def _converse(self, stage: Stage, script: Script, folder: Path, progress: StageProgress) -> bytes:
        pipe = self._pipe
        if pipe is None:
            raise RendererCrashed
        loop = asyncio.get_running_loop()
        pipe.send((stage.value, script, folder))
        while True:
            match await loop.run_in_executor(self._threads, pipe.recv):
                case bytes(artifact):
                    return artifact
                case LessonError() as error:
                    raise error
                case (str(name), float(fraction)):
                    progress(Stage(name), fraction)
