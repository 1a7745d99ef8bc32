"""A process that imports once what all services share, then forks each of them: a start costs 0.1 s instead of one.

Run as `python -m local_mesh.forkserver`; standard input is a socket to the supervisor, speaking JSON lines:
a job comes in, {"job", "pid"} goes out, later {"pid", "code"} of its end. It has one thread, so forking is safe.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from dataclasses import dataclass

# Third-party packages, the plumbing and the contracts; never a service: they know nothing of each other.
# Nothing here may start a thread when it is imported (NumPy does).
PRELOADED = (
    "aiosmtpd.smtp",
    "alembic.command",
    "google.protobuf.json_format",
    "grpc.aio",
    "nats",
    "psycopg_pool",
    "pydantic_settings",
    "redis.asyncio",
    "servicekit.kit",
    "servicekit.messaging.consumer",
    "servicekit.messaging.relay",
    "servicekit.migrate",
    "sqlmodel",
)
_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


@dataclass(frozen=True, slots=True)
class Job:
    """A Python module to run as a process of its own."""

    job: int
    name: str
    module: str
    arguments: list[str]
    environment: dict[str, str]
    log: str


class ForkServer:
    """The loop of the parent. In a child it ends early and hands out the job to run."""

    def __init__(self, supervisor: socket.socket) -> None:
        self._supervisor = supervisor
        self._selector = selectors.DefaultSelector()
        self._selector.register(supervisor, selectors.EVENT_READ)
        self._pids: dict[int, int] = {}
        self._unread = b""

    def serve(self) -> Job | None:
        """Fork until the supervisor hangs up (None); in a child, the job it is for."""
        self._say({"ready": True})
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is not self._supervisor:
                    self._reap(key.fd)
                    continue
                heard = self._supervisor.recv(65_536)
                if not heard:
                    return None
                for job in self._jobs(heard):
                    if self._fork(job):
                        return job

    def _jobs(self, heard: bytes) -> list[Job]:
        *lines, self._unread = (self._unread + heard).split(b"\n")
        return [Job(**json.loads(line)) for line in lines]

    def _fork(self, job: Job) -> bool:
        """Whether this is the child now."""
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._selector.close()
            self._supervisor.close()
            _become(job, parent)
            return True
        with contextlib.suppress(OSError):  # both sides do it, so that it is done whoever is first
            os.setpgid(pid, pid)
        handle = os.pidfd_open(pid)
        self._pids[handle] = pid
        self._selector.register(handle, selectors.EVENT_READ)
        self._say({"job": job.job, "pid": pid})
        return False

    def _reap(self, handle: int) -> None:
        self._selector.unregister(handle)
        os.close(handle)
        pid, status = os.waitpid(self._pids.pop(handle), 0)
        self._say({"pid": pid, "code": os.waitstatus_to_exitcode(status)})

    def _say(self, fact: dict[str, object]) -> None:
        with contextlib.suppress(OSError):  # the supervisor is gone: the next read says so
            self._supervisor.sendall(json.dumps(fact).encode() + b"\n")


def _become(job: Job, parent: int) -> None:
    """Make the forked process what `Child.start` would have made: own group, log, environment, death with the parent."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    libc.prctl(_PR_SET_NAME, job.name.encode()[:15])
    os.setpgid(0, 0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
        os.set_inheritable(target, True)
    os.close(nothing)
    os.close(log)
    os.environ.clear()
    os.environ.update(job.environment)
    sys.argv = [job.module, *job.arguments]


def main() -> None:
    """Import, then fork until the supervisor hangs up."""
    supervisor = socket.socket(fileno=os.dup(0))
    for module in PRELOADED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # for good: the collector would touch, and so copy, memory that all children share
    job = ForkServer(supervisor).serve()
    if job is not None:
        runpy.run_module(job.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
