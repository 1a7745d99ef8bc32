"""`lm demo`: walks the journey on a running mesh, or on one of its own, and shows every step."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from littlemonster.common.v1.study_pb2 import Difficulty, Subject
from local_mesh.demo.client import Refused, eventually
from local_mesh.demo.journey import STEPS, Journey, Lesson
from local_mesh.demo.student import StepFailed
from local_mesh.errors import MeshError
from local_mesh.home import Home
from local_mesh.mesh import FACTS, running
from local_mesh.ports import is_free
from local_mesh.settings import MeshSettings

_OTHERS_START_SECONDS = 60


async def run(settings: MeshSettings, topic: str, subject: str, difficulty: str) -> int:
    """The exit code: 0 only when every step really happened. Raises MeshError for a subject or difficulty that there is not."""
    _check("subject", subject, Subject.keys())
    _check("difficulty", difficulty, Difficulty.keys())
    walk = asyncio.create_task(_run(settings, Lesson(topic, subject, difficulty)))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, walk.cancel)
    try:
        return await walk
    except asyncio.CancelledError:
        return 130


def _check(what: str, chosen: str, names: Sequence[str]) -> None:
    known = [name.removeprefix(f"{what.upper()}_") for name in names[1:]]
    if chosen not in known:
        raise MeshError(f"There is no {what} {chosen}. Choose one of {', '.join(known)}.")


async def _run(settings: MeshSettings, lesson: Lesson) -> int:
    console = Console(highlight=False, soft_wrap=True)
    with _progress(console) as progress:
        starting = progress.add_task("Starting the mesh", total=None)
        async with _mesh(settings) as (url, home):
            progress.remove_task(starting)
            console.print(f"[green]✓[/] The mesh is ready: {url}")
            async with Journey(url, home.mail, lesson, _teller(progress)) as journey:
                if not await walk(journey, progress, home.logs):
                    return 1
            film = urlsplit(journey.video["videoUrl"]).path.removeprefix("/media/")
            console.print(f"video: {home.media / film}")
            console.print(f"gateway: {url}")
    return 0


def _teller(progress: Progress) -> Callable[[int, str], None]:
    """Shows what the lesson's makers say in a bar of its own."""
    making = progress.add_task("", total=100, visible=False)

    def tell(percent: int, words: str) -> None:
        progress.update(making, description=escape(words), completed=percent, visible=percent < 100)

    return tell


async def walk(journey: Journey, progress: Progress, logs: Path) -> bool:
    """Take every step; whether all of them happened. The first that did not is explained."""
    bar = progress.add_task("", total=100)
    for number, step in enumerate(STEPS, start=1):
        progress.update(bar, description=step.title, completed=100 * (number - 1) / len(STEPS))
        try:
            what = await step.take(journey)
        except (StepFailed, Refused, httpx.HTTPError, TimeoutError, KeyError) as error:
            log = logs / f"{error.log if isinstance(error, StepFailed) else step.log}.log"
            why = str(error) or f"it took too long ({type(error).__name__})"
            refused = isinstance(error, Refused) and error.is_ours
            advice = "" if refused else f"\n  Read {log} for its own words."
            progress.console.print(f"[red]✗[/] {step.title}: {escape(why)}{advice}")
            return False
        progress.console.print(f"[green]✓[/] {step.title}: {escape(what)}")
    progress.update(bar, description="Done", completed=100)
    return True


@asynccontextmanager
async def _mesh(settings: MeshSettings) -> AsyncIterator[tuple[str, Home]]:
    """The gateway of the mesh that runs on this state folder, or of one that runs for the demo only."""
    home = Home(settings.home)
    if not home.is_running():
        if "LM_GATEWAY_PORT" not in os.environ and not is_free(settings.gateway_port):
            settings = replace(settings, gateway_port=0)  # nobody asked for that very port
        async with running(settings) as mesh:
            yield mesh.gateway_url, mesh.home
        return

    async def announced() -> dict[str, object] | None:
        return home.published(FACTS)

    facts = await eventually(announced, _OTHERS_START_SECONDS)
    if facts is None:
        raise MeshError(
            f"The mesh on {home.root} does not get ready. Look at it with `lm status`, or stop it and retry."
        )
    yield str(facts["gateway"]), home


def _progress(console: Console) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)
