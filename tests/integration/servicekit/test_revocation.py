"""Ended sessions reach whoever watches, through a NATS that restarts, and whoever comes late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from background import at_work
from servers import kill, running

from local_mesh.credentials import Credentials
from local_mesh.ports import free_ports
from local_mesh.servers.nats import Nats
from servicekit.identity.revocation import RevokedSessions, revoke_session, watch_revocations
from servicekit.messaging.broker import Broker

PATIENCE_SECONDS = 60


@pytest.fixture
def nats(tmp_path: Path) -> Nats:
    """A server of this test, which may be killed."""
    return Nats(tmp_path / "nats", free_ports(1)[0], Credentials(tmp_path / "secrets"), durable=False)


@asynccontextmanager
async def watching(nats: Nats) -> AsyncIterator[tuple[Broker, RevokedSessions]]:
    """One process's connection and what it knows."""
    broker, revoked = Broker(nats.url, name="test"), RevokedSessions()
    connecting = asyncio.create_task(broker.connect())
    async with at_work(watch_revocations(broker, revoked)):
        yield broker, revoked
    await connecting
    await broker.close()


async def heard(revoked: RevokedSessions, *sessions: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not all(session in revoked for session in sessions):
            await asyncio.sleep(0.01)  # the watch sets no event that a test could wait for


async def test_an_ended_session_is_heard_of_by_those_who_watch_and_those_who_come_later(
    nats: Nats, tmp_path: Path
) -> None:
    async with running(nats.process(), tmp_path), watching(nats) as (broker, early):
        await revoke_session(broker, "first")
        await revoke_session(broker, "second")
        await revoke_session(broker, "first")
        await heard(early, "first", "second")
        async with watching(nats) as (_, late):
            await heard(late, "first", "second")
            await revoke_session(broker, "third")
            await heard(late, "third")
            await heard(early, "third")
        assert len(early) == len(late) == 3


async def test_what_was_revoked_while_a_watcher_had_lost_nats_is_heard_after_it(nats: Nats, tmp_path: Path) -> None:
    async with watching(nats) as (broker, revoked):  # before there is a NATS
        async with running(nats.process(), tmp_path) as server:
            await revoke_session(broker, "before")
            await heard(revoked, "before")
            await kill(server)
        with pytest.raises(TimeoutError):
            await revoke_session(broker, "nobody took it")
        assert "before" in revoked  # remembered through the outage
        async with running(nats.process(), tmp_path), watching(nats) as (another, _):
            await revoke_session(another, "meanwhile")
            await heard(revoked, "meanwhile")
        assert "nobody took it" not in revoked


async def test_a_nats_that_comes_back_empty_is_told_again(nats: Nats, tmp_path: Path) -> None:
    async with watching(nats) as (broker, revoked):
        async with running(nats.process(), tmp_path) as server:
            await revoke_session(broker, "before")
            await heard(revoked, "before")
            await kill(server)
        (nats.data / "store").rename(tmp_path / "lost")
        async with running(nats.process(), tmp_path):
            await revoke_session(broker, "after")
            await heard(revoked, "after")
