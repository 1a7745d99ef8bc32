"""What the tests of the embedded mesh share."""

from contextlib import asynccontextmanager

import pytest

from local_mesh.credentials import Credentials
from local_mesh.process import Child
from local_mesh.readiness import wait_until


@pytest.fixture
def credentials(tmp_path):
    return Credentials(tmp_path / "secrets")


@pytest.fixture
def run(tmp_path):
    """Runs a process while the block lasts; it is ready when the block begins."""

    @asynccontextmanager
    async def run(process):
        await process.prepare()
        child = await Child.start(process, tmp_path / f"{process.name}.log")
        try:
            assert await wait_until(process.ready, 30), (tmp_path / f"{process.name}.log").read_text()
            yield child
        finally:
            await child.stop(grace_seconds=5)

    return run
