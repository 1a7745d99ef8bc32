"""One run of a model's process as the service sees it: start, exchange frames, end."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator

from inference_service.engine.frames import LONGEST_LINE, Frame, decode, encode
from inference_service.engine.spec import WorkerSpec

# Passed on to the model's process; everything else, secrets first of all, stays here.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR")


class Worker:
    """A running model's process."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, spec: WorkerSpec) -> "Worker":
        inherited = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "inference_service.engine.process", spec.encode()),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            limit=LONGEST_LINE,
            # A spinning thread pool would take a core from every other process of the mesh.
            env={
                **inherited,
                "OMP_WAIT_POLICY": "PASSIVE",
                "OMP_NUM_THREADS": str(spec.threads),
                "GGML_NO_BACKTRACE": "1",  # llama.cpp would start a debugger on its way out
            },
        )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, frame: Frame) -> None:
        """Send `frame`; when the process is gone it is lost, and `frames` ends."""
        assert self._process.stdin is not None  # noqa: S101  # opened in start
        with contextlib.suppress(ConnectionError, RuntimeError):
            self._process.stdin.write(encode(frame))

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield what the process says until it ends or talks nonsense."""
        assert self._process.stdout is not None  # noqa: S101  # opened in start
        with contextlib.suppress(ValueError, ConnectionError):
            while line := await self._process.stdout.readline():
                yield decode(line)

    async def end(self) -> str:
        """Make sure that the process is gone; say how it ended, such as 'signal 9' or 'exit status 1'."""
        self.kill()
        ending = asyncio.create_task(self._finish())
        try:
            return await asyncio.shield(ending)
        except asyncio.CancelledError:
            # Whoever stops the supervisor wants no process left behind; a killed one is gone at once.
            await ending
            raise

    async def _finish(self) -> str:
        assert self._process.stdin is not None  # noqa: S101  # opened in start
        assert self._process.stdout is not None  # noqa: S101  # as above
        self._process.stdin.close()
        await self._process.stdout.read()
        status = await self._process.wait()
        return f"signal {-status}" if status < 0 else f"exit status {status}"

    def kill(self) -> None:
        # Not Process.kill: it polls first, and what it then reaps asyncio's own watcher reports as exit status 255.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
