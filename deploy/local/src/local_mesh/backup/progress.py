"""What a person sees of long work: a bar while a step lasts, a line once it is done."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Result = TypeVar("Result")
Tell = Callable[[int], None]
"""Hears of every piece of work that is done, in bytes; raises to stop it."""


class Stopped(Exception):
    """Nobody waits for the work any more."""


class Narrator:
    """Tells the steps of one command on standard output."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeElapsedColumn(),
        )
        self._progress = Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        )

    @contextmanager
    def step(self, title: str, total: int | None = None) -> Iterator[Tell]:
        """A bar while the block lasts; `total` in bytes, unknown when None."""
        with self._progress:
            task = self._progress.add_task(title, total=total)
            try:
                yield lambda size: self._progress.advance(task, size)
            finally:
                self._progress.remove_task(task)

    def done(self, what: str) -> None:
        """A line that stays."""
        self._console.print(f"[green]✓[/] {escape(what)}")


async def in_thread(work: Callable[[Tell], Result], tell: Tell) -> Result:
    """Run work that never waits for the loop. When the caller is cancelled, it is stopped at its next piece."""
    stopping = threading.Event()

    def telling(size: int) -> None:
        if stopping.is_set():
            raise Stopped
        tell(size)

    try:
        return await asyncio.to_thread(work, telling)
    except asyncio.CancelledError:
        stopping.set()
        raise


def readable(size: int) -> str:
    """Bytes for people: 1.4 MB."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
