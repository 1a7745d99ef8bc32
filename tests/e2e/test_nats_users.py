"""The mesh works with the rights its services have in NATS: none is refused anything, and every event has its reader."""

import asyncio

import nats
import pytest

from local_mesh.home import Home
from local_mesh.mesh import FACTS, nats_url
from local_mesh.readiness import wait_until
from local_mesh.servers.nats_users import consumers
from servicekit.messaging.broker import EVENTS


@pytest.fixture
async def jetstream(mesh):
    home = Home(mesh.home)
    client = await nats.connect(nats_url(home, home.published(FACTS)))
    yield client.jetstream()
    await client.close()


@pytest.mark.parametrize("durable", consumers())
async def test_a_service_waits_for_the_events_of_each_of_its_consumers(jetstream, durable):
    async def read():
        info = await jetstream.consumer_info(EVENTS, durable)
        return info.num_waiting or info.num_ack_pending

    assert await wait_until(read, 60)


async def test_nobody_was_refused_what_it_asked_of_nats(mesh):
    for log in sorted((mesh.home / "logs").glob("*.log*")):
        text = await asyncio.to_thread(log.read_text, errors="replace")
        assert "ermissions violation" not in text.lower(), log.name
