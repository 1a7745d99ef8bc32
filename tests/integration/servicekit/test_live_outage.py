"""Live streams of each service while NATS is killed and comes back."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from background import at_work
from fakes.community.made import a_comment, a_video
from google.protobuf.message import Message
from servers import kill, running

from community_service import convert
from community_service.consumers import follow_comments
from community_service.domain.comments import CommentTotals
from littlemonster.planner.v1.planner_events_pb2 import PlannerEventChanged
from littlemonster.planner.v1.planner_service_pb2 import Event, EventChange
from local_mesh.credentials import Credentials
from local_mesh.ports import free_ports
from local_mesh.readiness import wait_until
from local_mesh.servers.nats import Nats
from planner_service.consumers import follow_changes
from servicekit.live import Audience, Seat, Sign
from servicekit.messaging.broker import Broker

VIDEO = a_video()
CREATED = convert.comments.comment_created(a_comment(VIDEO), CommentTotals(VIDEO.id, 1, 1))
CHANGED = PlannerEventChanged(change=EventChange(event=Event(user_id="ada")))


@pytest.fixture
def nats(tmp_path: Path) -> Nats:
    return Nats(tmp_path / "nats", free_ports(1)[0], Credentials(tmp_path / "secrets"))


@pytest.mark.parametrize(
    ("follow", "key", "subject", "event"),
    [
        pytest.param(follow_comments, VIDEO.id, "comment.created", CREATED, id="comments"),
        pytest.param(follow_changes, "ada", "planner.event_changed", CHANGED, id="planner"),
    ],
)
async def test_every_stream_is_told_that_it_may_have_missed_something_once_nats_is_back(
    follow: Callable[[Broker, Audience[Any]], Coroutine[Any, Any, None]],
    key: str,
    subject: str,
    event: Message,
    nats: Nats,
    tmp_path: Path,
) -> None:
    broker, audience = Broker(nats.url, name="library"), Audience[Any]("ask again")

    async def hears(seat: Seat[Any]) -> bool:
        await broker.publish(subject, event.SerializeToString())
        try:
            async with asyncio.timeout(0.5):
                return await seat.next() is not Sign.GAP
        except TimeoutError:
            return False

    async with at_work(broker.connect(), follow(broker, audience)):
        with audience.seat(key) as seat:
            async with running(nats.process(), tmp_path) as server:
                await broker.jetstream()
                assert await wait_until(lambda: hears(seat), 60)
                await kill(server)
            async with running(nats.process(), tmp_path):
                while await seat.next() is not Sign.GAP:
                    pass
                assert await wait_until(lambda: hears(seat), 60)
                await broker.close()
