"""The whole mesh on one state folder: prepared, started, announced, stopped."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from local_mesh import keys
from local_mesh.addresses import API_SERVICES, Addresses
from local_mesh.forking import Forking
from local_mesh.home import Home
from local_mesh.servers import databases
from local_mesh.servers.nats import Nats, write_private
from local_mesh.settings import MeshSettings
from local_mesh.supervisor import Supervisor, Watched
from local_mesh.table import Table

FACTS = "mesh"
STATUS = "status"


@dataclass(frozen=True, slots=True)
class RunningMesh:
    """A mesh that is ready."""

    gateway_url: str
    home: Home


@asynccontextmanager
async def running(
    settings: MeshSettings,
    *,
    watch: Callable[[Supervisor], None] = lambda supervisor: None,
    on_change: Callable[[Watched], None] = lambda watched: None,
) -> AsyncIterator[RunningMesh]:
    """Start the mesh and stop it at the end of the block, whatever happens in it.

    `watch` gets the supervisor before the start, for a status view. Raises MeshError.
    """
    home = Home(settings.home)
    home.make()
    with home.locked():
        home.refuse_half_restored()
        addresses = Addresses.choose(settings.gateway_port)
        keys.make_keys(home.keys, API_SERVICES)
        table = Table(home, settings, addresses, Forking())
        supervisor: Supervisor

        def changed(watched: Watched) -> None:
            with suppress(OSError):  # a full disk hides the status; it must not stop a process from being restarted
                home.publish(STATUS, status_of(supervisor))
            on_change(watched)

        supervisor = Supervisor(table.processes(), home.logs, on_change=changed)
        watch(supervisor)
        try:
            await supervisor.start()
            _announce(home, table, addresses)
            yield RunningMesh(addresses.gateway_url, home)
        finally:
            await asyncio.shield(supervisor.stop())


def status_of(supervisor: Supervisor) -> dict[str, dict[str, object]]:
    """What is known of each process, as plain data."""
    return {
        name: {
            "state": watched.state.value,
            "pid": watched.pid,
            "restarts": watched.restarts,
            "started_at": watched.started_time,
        }
        for name, watched in supervisor.watched.items()
    }


def _announce(home: Home, table: Table, addresses: Addresses) -> None:
    """Publish how to reach everything; the databases' URLs in files of their own, because they hold passwords."""
    urls = {name: databases.urls(table.postgres_url, name, home.credentials).app for name in databases.SERVICES}
    urls["postgres"] = table.postgres_url
    files = {name: home.run / f"{name}.url" for name in urls}
    for name, path in files.items():
        write_private(path, urls[name] + "\n")
    facts = {
        "gateway": addresses.gateway_url,
        "pid": os.getpid(),
        "addresses": {name: addresses.of(name) for name in addresses.ports},
        "database_url_files": {name: str(path) for name, path in files.items()},
    }
    home.publish(FACTS, facts)


def database_url(facts: dict[str, object], name: str) -> str:
    """How the announced mesh's database of that service is reached, or by `postgres` its server."""
    files = facts["database_url_files"]
    assert isinstance(files, dict)  # noqa: S101  # our own file: _announce writes it
    return Path(files[name]).read_text().strip()


def nats_url(home: Home, facts: dict[str, object]) -> str:
    """How the announced mesh's embedded NATS is reached."""
    addresses = facts["addresses"]
    assert isinstance(addresses, dict)  # noqa: S101  # as above
    port = int(str(addresses["nats"]).rpartition(":")[2])
    return Nats(home.data / "nats", port, home.credentials).url
