"""Live comments while NATS is killed and comes back."""

import asyncio
from pathlib import Path

import pytest
from fakes.community.made import a_comment, a_video
from integration.servicekit.servers import kill, running

from community_service import convert
from community_service.consumers import follow_comments
from community_service.domain.comments import CommentTotals
from community_service.use_cases.live import Audience, Seat
from local_mesh.credentials import Credentials
from local_mesh.ports import free_ports
from local_mesh.readiness import wait_until
from local_mesh.servers.nats import Nats
from servicekit.messaging.broker import Broker

VIDEO = a_video()
CREATED = convert.comments.comment_created(a_comment(VIDEO), CommentTotals(VIDEO.id, 1, 1)).SerializeToString()


@pytest.fixture
def nats(tmp_path: Path) -> Nats:
    return Nats(tmp_path / "nats", free_ports(1)[0], Credentials(tmp_path / "secrets"))


async def test_every_stream_is_told_to_look_what_it_missed_once_nats_is_back(nats: Nats, tmp_path: Path) -> None:
    broker, audience = Broker(nats.url, name="library"), Audience()
    work = [asyncio.create_task(each) for each in (broker.connect(), follow_comments(broker, audience))]
    try:
        with audience.seat(VIDEO.id) as seat:
            async with running(nats.process(), tmp_path) as server:
                await broker.jetstream()
                assert await wait_until(lambda: _hears(broker, seat), 30)
                await kill(server)
            async with running(nats.process(), tmp_path):
                while await seat.next() is not None:
                    pass
                assert await wait_until(lambda: _hears(broker, seat), 30)
                await broker.close()
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)


async def _hears(broker: Broker, seat: Seat) -> bool:
    """Whether what is published comes to the seat."""
    await broker.publish("comment.created", CREATED)
    try:
        async with asyncio.timeout(0.5):
            return await seat.next() is not None
    except TimeoutError:
        return False
