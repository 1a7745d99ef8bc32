"""A NATS of one test alone. Processes of services have theirs, for on a shared one all that run under the name of a durable
consumer share its events: each would miss those that another test's process took, and first apply all of earlier tests."""

from collections.abc import AsyncIterator

import pytest
from servers import running

from local_mesh.credentials import Credentials
from local_mesh.ports import free_ports
from local_mesh.servers.nats import Nats


@pytest.fixture
async def own_nats(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Its URL."""
    folder = tmp_path_factory.mktemp("nats")
    nats = Nats(folder / "data", free_ports(1)[0], Credentials(folder / "secrets"), durable=False)
    async with running(nats.process(), folder):
        yield nats.url
