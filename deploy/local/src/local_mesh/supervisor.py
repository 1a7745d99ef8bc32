"""Keeps a set of processes running: starts them in order of need, restarts what dies, stops all in reverse."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from local_mesh.backoff import Backoff
from local_mesh.errors import MeshError, StartFailed
from local_mesh.logs import rotate
from local_mesh.process import Child, Process, last_lines
from local_mesh.readiness import poll

ROTATION_SECONDS = 5.0


class State(StrEnum):
    """Where a process is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    DONE = "done"
    RESTARTING = "restarting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Patience:
    """Every time limit of a supervisor, in seconds."""

    start: float = 120.0  # a machine may have much else to do; what dies instead is told at once
    stop: float = 8.0
    first_pause: float = 0.25
    longest_pause: float = 30.0
    stable_after: float = 30.0

    def backoff(self) -> Backoff:
        """The pauses before restarts of one process."""
        return Backoff(self.first_pause, self.longest_pause, self.stable_after)


@dataclass(slots=True)
class Watched:
    """A process and what is known of it now."""

    process: Process
    log: Path
    state: State = State.WAITING
    child: Child | None = None
    restarts: int = 0
    early_deaths: int = 0
    started_at: float = 0.0  # monotonic seconds
    started_time: float | None = None  # seconds since 1970
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def done(self) -> bool:
        """Whether it was to run once, and did."""
        return self.state is State.DONE

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self.child.pid if self.child is not None and self.child.exit_code is None else None


class Supervisor:
    """Runs the processes of one mesh. `on_change` is told of every change of state."""

    _DEATHS_BEFORE_GIVING_UP = 3

    def __init__(
        self,
        processes: Sequence[Process],
        logs: Path,
        *,
        patience: Patience = Patience(),
        on_change: Callable[[Watched], None] = lambda watched: None,
    ) -> None:
        self.watched = {process.name: Watched(process, logs / f"{process.name}.log") for process in processes}
        self._logs = logs
        self._patience = patience
        self._on_change = on_change
        self._tasks: list[asyncio.Task[None]] = []
        self._failed: asyncio.Future[object] | None = None

    async def start(self) -> None:
        """Start everything; returns once all are ready.

        Raises StartFailed when one gives up or the time is over, MeshError when one cannot be prepared.
        """
        self._logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._failed = asyncio.get_running_loop().create_future()
        self._tasks = [asyncio.create_task(self._keep(watched)) for watched in self.watched.values()]
        self._tasks.append(asyncio.create_task(self._rotate_logs()))
        all_ready: asyncio.Future[object] = asyncio.ensure_future(self._all_ready())
        try:
            await asyncio.wait(
                {all_ready, self._failed}, timeout=self._patience.start, return_when=asyncio.FIRST_COMPLETED
            )
            if self._failed.done():
                self._failed.result()
            if not all_ready.done():
                raise self._late()
        finally:
            all_ready.cancel()

    async def stop(self) -> None:
        """Stop everything, dependants before what they depend on; what ignores that is killed in time."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        levels = self._levels()
        began = time.monotonic()
        for number, level in enumerate(levels, start=1):
            until = began + self._patience.stop * number / len(levels)
            await asyncio.gather(*(self._stop_one(self.watched[name], until) for name in level))

    async def _all_ready(self) -> None:
        for watched in self.watched.values():
            await watched.ready.wait()

    async def _keep(self, watched: Watched) -> None:
        await asyncio.gather(*(self.watched[name].ready.wait() for name in watched.process.depends_on))
        backoff = self._patience.backoff()
        while not watched.done:
            watched.started_at, watched.started_time = time.monotonic(), time.time()
            try:
                await self._live_once(watched)
            except (MeshError, OSError) as error:
                self._fail(error)  # once all is up this is no failed start any more, but one more death
                self._change(watched, State.RESTARTING)
            if not watched.done:
                await asyncio.sleep(backoff.pause_after(time.monotonic() - watched.started_at))

    async def _live_once(self, watched: Watched) -> None:
        await watched.process.prepare()
        start = watched.process.starter or Child.start
        watched.child = child = await start(watched.process, watched.log)
        self._change(watched, State.STARTING)
        readiness = asyncio.create_task(self._become_ready(watched))
        try:
            code = await child.wait()
        finally:
            readiness.cancel()
            await asyncio.gather(readiness, return_exceptions=True)
        await child.stop(grace_seconds=0)  # its own children, if it left any
        if watched.process.one_shot and code == 0:
            self._change(watched, State.DONE)
            watched.ready.set()
        else:
            self._count_death(watched, code)

    async def _become_ready(self, watched: Watched) -> None:
        if watched.process.one_shot:
            return
        try:
            await poll(watched.process.ready)
        except MeshError as error:
            self._fail(error)
            return
        self._change(watched, State.READY)
        watched.ready.set()

    def _count_death(self, watched: Watched, code: int) -> None:
        watched.restarts += 1
        self._change(watched, State.RESTARTING)
        if not watched.ready.is_set():
            watched.early_deaths += 1
            if watched.process.one_shot or watched.early_deaths >= self._DEATHS_BEFORE_GIVING_UP:
                why = f"it ended with code {code} ({last_lines(watched.log)})"
                raise StartFailed(watched.process.name, why, watched.log)

    def _fail(self, error: Exception) -> None:
        if self._failed is not None and not self._failed.done():
            self._failed.set_exception(error)

    def _late(self) -> StartFailed:
        late = next(w for w in self.watched.values() if not w.ready.is_set() and w.state is not State.WAITING)
        return StartFailed(late.process.name, f"it was not ready after {self._patience.start:.0f} s", late.log)

    async def _stop_one(self, watched: Watched, until: float) -> None:
        if watched.child is not None:
            await watched.child.stop(max(0.2, until - time.monotonic()))
        self._change(watched, State.STOPPED)

    def _levels(self) -> list[list[str]]:
        """Names grouped so that each group only depends on later ones."""
        left = {name: watched.process.depends_on for name, watched in self.watched.items()}
        levels = []
        while left:
            needed = frozenset[str]().union(*left.values())
            level = [name for name in left if name not in needed]
            if not level:
                raise MeshError(f"The processes {sorted(left)} wait for each other. Break the circle in depends_on.")
            levels.append(level)
            for name in level:
                del left[name]
        return levels

    async def _rotate_logs(self) -> None:
        while True:
            await asyncio.sleep(ROTATION_SECONDS)
            for watched in self.watched.values():
                rotate(watched.log)

    def _change(self, watched: Watched, state: State) -> None:
        watched.state = state
        self._on_change(watched)
