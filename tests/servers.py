"""A server of one test's own, which the test may kill."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from local_mesh.process import Child, Process
from local_mesh.readiness import wait_until


@asynccontextmanager
async def running(process: Process, folder: Path) -> AsyncIterator[Child]:
    """The server while the block lasts, ready from its first line on."""
    log = folder / f"{process.name}.log"
    await process.prepare()
    child = await Child.start(process, log)
    try:
        assert await wait_until(process.ready, 60), log.read_text()
        yield child
    finally:
        await child.stop(grace_seconds=5)


async def kill(child: Child) -> None:
    """Ends it as a crash would."""
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
