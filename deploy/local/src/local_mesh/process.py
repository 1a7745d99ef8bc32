"""One operating-system process of the mesh: how it is declared, started and stopped."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from local_mesh.errors import MeshError

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


async def always_ready() -> bool:
    """The readiness of a process that has nothing to probe."""
    return True


async def nothing_to_prepare() -> None:
    """The preparation of a process that needs none."""


@dataclass(frozen=True, slots=True)
class Process:
    """What to run. `depends_on` names the processes that must be ready first; `one_shot` is ready once it exits 0.

    `starter` starts it in another way than by executing the command.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], Awaitable[bool]] = always_ready
    prepare: Callable[[], Awaitable[None]] = nothing_to_prepare
    depends_on: frozenset[str] = frozenset()
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    one_shot: bool = False
    starter: "Starter | None" = None


Starter = Callable[[Process, Path], Awaitable["Child"]]


class Handle(Protocol):
    """What is needed of a running process; asyncio's subprocess has it."""

    @property
    def pid(self) -> int:
        """Its process id."""

    @property
    def returncode(self) -> int | None:
        """None while it runs."""

    async def wait(self) -> int:
        """Wait for its end; its exit code."""

    def send_signal(self, signal: int, /) -> None:
        """Raises ProcessLookupError once it ended."""


class Child:
    """A running Process, leader of its own process group, dying with its parent."""

    def __init__(self, process: Process, handle: Handle) -> None:
        self.process = process
        self.pid = handle.pid
        self._handle = handle

    @classmethod
    async def start(cls, process: Process, log: Path, stdin: int = asyncio.subprocess.DEVNULL) -> "Child":
        """Start it with both outputs appended to the log. Raises MeshError when it cannot be executed."""
        parent = os.getpid()

        def die_with_parent() -> None:
            # After the change of user: a change of credentials would clear the setting again.
            if _libc is not None:
                _libc.prctl(_PR_SET_PDEATHSIG, process.death_signal)
            if os.getppid() != parent:
                os._exit(1)

        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        try:
            handle = await asyncio.create_subprocess_exec(
                *process.command,
                env=dict(process.environment),
                stdin=stdin,
                stdout=output,
                stderr=output,
                process_group=0,
                preexec_fn=die_with_parent,
                user=process.user,
                group=process.user,
                extra_groups=None if process.user is None else [],
            )
        except OSError as error:
            raise MeshError(
                f"{process.name} cannot be started ({error.strerror}: {process.command[0]}). "
                "Run `make install` again, then retry."
            ) from error
        finally:
            os.close(output)
        return cls(process, handle)

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative is the signal that ended it."""
        return self._handle.returncode

    async def wait(self) -> int:
        """Wait for its end; its exit code."""
        return await self._handle.wait()

    async def stop(self, grace_seconds: float) -> None:
        """Ask it to stop, wait, then kill whatever is left of its process group."""
        if self.exit_code is None:
            self._send(self.process.stop_signal)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._handle.wait(), grace_seconds)
        self._kill_group()
        await self._handle.wait()

    def _send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._handle.send_signal(number)

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


async def run_to_end(process: Process, log: Path) -> None:
    """Run a short command; raises MeshError with the log's last lines when it fails."""
    child = await Child.start(process, log)
    try:
        code = await child.wait()
    finally:
        await child.stop(grace_seconds=1)
    if code != 0:
        raise MeshError(
            f"{process.name} failed with code {code}: {last_lines(log)} Fix that, then run the command again."
        )


def last_lines(log: Path, count: int = 3) -> str:
    """The end of a log as one line of text, for an error message; what is said in the ordinary course is left out."""
    try:
        with log.open("rb") as file:
            cut = file.seek(max(0, log.stat().st_size - 4096)) > 0
            lines = file.read().decode(errors="replace").splitlines()[cut:]
    except OSError:
        return ""
    telling = [line.strip() for line in lines if line.strip() and '"severity": "INFO"' not in line]
    return " | ".join(list(dict.fromkeys(telling))[-count:])  # each attempt says the same


def is_alive(pid: int) -> bool:
    """Whether a process with that id exists and is more than a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
