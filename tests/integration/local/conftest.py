"""What the tests of the embedded mesh share."""

import os
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from local_mesh.credentials import Credentials
from local_mesh.process import Child
from local_mesh.readiness import wait_until

_NOBODY = 65_534


@pytest.fixture
def credentials(tmp_path):
    return Credentials(tmp_path / "secrets")


@pytest.fixture
def short_folder():
    """A folder of everybody's whose path leaves room for a socket's name; pytest's own may do neither."""
    with tempfile.TemporaryDirectory(prefix="lm-test-") as folder:
        os.chmod(folder, 0o777)
        yield Path(folder)


@pytest.fixture
def ordinary_rights():
    """Where root runs the tests, another user's rights: no permission stops root."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(_NOBODY)
    yield
    os.seteuid(mine)


@pytest.fixture
def run(tmp_path):
    """Runs a process while the block lasts; it is ready when the block begins."""

    @asynccontextmanager
    async def run(process):
        await process.prepare()
        child = await Child.start(process, tmp_path / f"{process.name}.log")
        try:
            assert await wait_until(process.ready, 60), (tmp_path / f"{process.name}.log").read_text()
            yield child
        finally:
            await child.stop(grace_seconds=5)

    return run
