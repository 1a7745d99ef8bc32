"""PostgreSQL and NATS of a state folder: those of the running mesh, or the same started for the occasion."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from nats.js import JetStreamContext

from local_mesh.errors import MeshError
from local_mesh.home import Home
from local_mesh.mesh import FACTS, database_url, nats_url
from local_mesh.ports import free_ports
from local_mesh.servers.nats import Nats
from local_mesh.servers.postgres import Postgres
from local_mesh.settings import MeshSettings
from local_mesh.supervisor import Supervisor
from servicekit.messaging.broker import Broker

_CONNECT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Servers:
    """Their addresses, passwords included; PostgreSQL's is the provisioning role's."""

    postgres: str = field(repr=False)
    nats: str = field(repr=False)


@asynccontextmanager
async def reached(home: Home, settings: MeshSettings) -> AsyncIterator[Servers]:
    """The running mesh's; without a running mesh, its servers alone, and no mesh can start meanwhile. Raises MeshError."""
    if not home.is_running():
        async with started(home, settings) as servers:
            yield servers
        return
    facts = home.published(FACTS)
    if facts is None:
        raise MeshError(f"The mesh on {home.root} is not ready yet. Wait until `lm status` shows it, then try again.")
    yield Servers(database_url(facts, "postgres"), settings.nats_url or nats_url(home, facts))


@asynccontextmanager
async def started(home: Home, settings: MeshSettings) -> AsyncIterator[Servers]:
    """The folder's own servers while the block lasts; one of yours is used where the settings name it."""
    postgres_port, nats_port = free_ports(2)
    postgres = Postgres(home.data / "postgres", home.logs / "initdb.log", postgres_port, home.credentials)
    nats = Nats(home.data / "nats", nats_port, home.credentials)
    choices = ((settings.postgres_url, postgres), (settings.nats_url, nats))
    with home.locked():
        supervisor = Supervisor([own.process() for external, own in choices if external is None], home.logs)
        try:
            await supervisor.start()
            yield Servers(settings.postgres_url or postgres.socket_url, settings.nats_url or nats.url)
        finally:
            await asyncio.shield(supervisor.stop())


@asynccontextmanager
async def jetstream(url: str) -> AsyncIterator[JetStreamContext]:
    """JetStream with its streams made. Raises MeshError when NATS does not answer."""
    broker = Broker(url, name="backup")
    try:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await broker.connect()
        except TimeoutError:
            raise MeshError(
                "NATS does not answer. See that it runs (LM_NATS_URL, `lm status`), then try again."
            ) from None
        yield await broker.jetstream()
    finally:
        await broker.close()
