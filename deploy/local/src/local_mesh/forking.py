"""The supervisor's side of the fork server: starts Python modules through it, as if they were its own children."""

import asyncio
import itertools
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from local_mesh.environment import child_environment
from local_mesh.process import Child, Process


class ForkedHandle:
    """A process the fork server started; the same face as asyncio's own process handle."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = asyncio.Event()

    def end(self, code: int) -> None:
        """Note its exit code."""
        self.returncode = code
        self._ended.set()

    async def wait(self) -> int:
        """Wait for its end; its exit code."""
        await self._ended.wait()
        return -signal.SIGKILL if self.returncode is None else self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal. Raises ProcessLookupError once it ended."""
        if self.returncode is not None:
            raise ProcessLookupError(self.pid)
        os.kill(self.pid, number)


class Forking:
    """One fork server and what it started."""

    NAME = "forkserver"

    def __init__(self) -> None:
        self._connected = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._numbers = itertools.count()
        self._asked: dict[int, asyncio.Future[ForkedHandle]] = {}
        self._running: dict[int, ForkedHandle] = {}
        self._listener: asyncio.Task[None] | None = None

    def process(self) -> Process:
        """The fork server itself. gRPC's own fork handlers are for processes that already use gRPC."""
        return Process(
            name=self.NAME,
            command=(sys.executable, "-m", "local_mesh.forkserver"),
            environment=child_environment(GRPC_ENABLE_FORK_SUPPORT="false", GRPC_VERBOSITY="NONE"),
            ready=self._is_ready,
            starter=self._start_server,
        )

    async def start(self, process: Process, log: Path) -> Child:
        """Start `python -m module …` by a fork; waits for a fork server that is being restarted."""
        _, _, module, *arguments = process.command
        while True:
            await self._connected.wait()
            number = next(self._numbers)
            self._asked[number] = asyncio.get_running_loop().create_future()
            job = {"job": number, "name": process.name, "module": module, "arguments": arguments}
            self._send(job | {"environment": dict(process.environment), "log": str(log)})
            with suppress(ConnectionError):
                return Child(process, await self._asked[number])

    async def _start_server(self, process: Process, log: Path) -> Child:
        ours, theirs = socket.socketpair()
        with theirs:
            child = await Child.start(process, log, stdin=theirs.fileno())
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self._listener = asyncio.create_task(self._listen(reader, self._writer))
        return child

    async def _is_ready(self) -> bool:
        return self._connected.is_set()

    def _send(self, job: dict[str, object]) -> None:
        if self._writer is not None:
            self._writer.write(json.dumps(job).encode() + b"\n")

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while line := await reader.readline():
                self._hear(json.loads(line))
        self._connected.clear()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        self._lose_all()

    def _hear(self, fact: dict[str, int]) -> None:
        if "ready" in fact:
            self._connected.set()
        elif "job" in fact:
            handle = ForkedHandle(fact["pid"])
            self._running[handle.pid] = handle
            self._asked.pop(fact["job"]).set_result(handle)
        else:
            self._running.pop(fact["pid"]).end(fact["code"])

    def _lose_all(self) -> None:
        """The fork server ended, and its children with it."""
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(ConnectionError("the fork server ended"))
        for handle in self._running.values():
            handle.end(-signal.SIGKILL)
        self._asked.clear()
        self._running.clear()
