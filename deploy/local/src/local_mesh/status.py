"""What runs, as a table: live in the terminal of `lm up`, once for `lm status`."""

import json
import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from local_mesh.home import Home
from local_mesh.mesh import FACTS, STATUS, status_of
from local_mesh.settings import MeshSettings
from local_mesh.supervisor import Supervisor, Watched

_COLOURS = {"ready": "green", "done": "green", "starting": "yellow", "restarting": "red"}


class LiveView:
    """A table that follows a supervisor while it is entered."""

    def __init__(self) -> None:
        self._supervisor: Supervisor | None = None
        self._live = Live(get_renderable=self._render, refresh_per_second=2, transient=False)

    def watch(self, supervisor: Supervisor) -> None:
        """Show this supervisor's processes from now on."""
        self._supervisor = supervisor

    def changed(self, watched: Watched) -> None:
        """Show a change at once instead of at the next beat."""
        self._live.refresh()

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def _render(self) -> Table:
        return table_of({} if self._supervisor is None else status_of(self._supervisor))


def table_of(status: dict[str, dict[str, object]]) -> Table:
    """The rows of a status, for a terminal."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("process", "state", "pid", "restarts", "up"):
        table.add_column(title, justify="left" if title in ("process", "state") else "right")
    for name, facts in status.items():
        state = str(facts["state"])
        colour = _COLOURS.get(state, "dim")
        pid = facts["pid"]
        up = _duration(facts["started_at"]) if pid else ""
        table.add_row(name, f"[{colour}]{state}[/]", str(pid or ""), str(facts["restarts"]), up)
    return table


async def run(settings: MeshSettings, *, as_json: bool = False) -> int:
    """`lm status`: print the table of the running mesh, or the same for programs; 0 when one runs, 1 when none does."""
    home = Home(settings.home)
    status = home.published(STATUS) if home.is_running() else None
    if status is None:
        print(f"No mesh runs on {settings.home}. Start one with `make up`.", file=sys.stderr)
        return 1
    gateway = (home.published(FACTS) or {}).get("gateway")
    if as_json:
        print(json.dumps({"gateway": gateway, "processes": status}, indent=1))
        return 0
    Console().print(table_of(status))  # type: ignore[arg-type]  # our own file: its shape is status_of's
    if gateway is not None:
        print(f"gateway: {gateway}")
    return 0


def _duration(since: object) -> str:
    seconds = int(time.time() - since) if isinstance(since, float) else 0
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
