"""`lm up`: the mesh in the foreground, until Ctrl-C."""

import asyncio
import signal
import sys
from contextlib import AbstractContextManager, nullcontext, suppress

from local_mesh.mesh import running
from local_mesh.settings import MeshSettings
from local_mesh.status import LiveView
from local_mesh.supervisor import State, Supervisor, Watched


async def run(settings: MeshSettings) -> int:
    """Start, print the gateway's line, serve until SIGINT or SIGTERM; the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(_serve(settings))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    return await _finish(serving)


async def _finish(serving: asyncio.Task[None]) -> int:
    """Ask for the orderly end and wait for it; what went wrong comes out here."""
    if not serving.done():
        serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving
    return 0


async def _serve(settings: MeshSettings) -> None:
    """Serve until cancelled."""
    view = LiveView() if sys.stdout.isatty() else None
    on_change = _say if view is None else view.changed
    watch = _ignore if view is None else view.watch
    context: AbstractContextManager[object] = nullcontext() if view is None else view
    with context:
        async with running(settings, watch=watch, on_change=on_change) as mesh:
            print(f"gateway: {mesh.gateway_url}", flush=True)
            await asyncio.get_running_loop().create_future()


def _ignore(supervisor: Supervisor) -> None:
    """Nobody looks: there is no terminal."""


def _say(watched: Watched) -> None:
    if watched.state in (State.READY, State.DONE, State.RESTARTING):
        print(f"{watched.process.name}: {watched.state.value}", file=sys.stderr, flush=True)
