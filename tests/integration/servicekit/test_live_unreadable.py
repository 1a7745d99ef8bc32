"""Events that cannot be read: nobody who watches sees them, whoever runs the service does, and what follows arrives."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from background import at_work
from fakes.community.made import a_comment, a_video
from google.protobuf.message import Message
from servers import running

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
from servicekit.live import Audience, Sign
from servicekit.messaging.broker import Broker

VIDEO = a_video()
CREATED = convert.comments.comment_created(a_comment(VIDEO), CommentTotals(VIDEO.id, 1, 1))
CHANGED = PlannerEventChanged(change=EventChange(event=Event(user_id="ada")))
Follow = Callable[[Broker, Audience[Any]], Coroutine[Any, Any, None]]


@pytest.mark.parametrize(
    ("follow", "key", "subject", "event", "unreadable"),
    [
        pytest.param(follow_comments, VIDEO.id, "comment.created", CREATED, "comment.created", id="comments"),
        pytest.param(follow_comments, VIDEO.id, "comment.created", CREATED, "video.deleted", id="videos"),
        pytest.param(follow_changes, "ada", "planner.event_changed", CHANGED, "planner.event_changed", id="planner"),
    ],
)
async def test_an_event_that_cannot_be_read_is_logged_and_the_next_one_shown(
    follow: Follow, key: str, subject: str, event: Message, unreadable: str, tmp_path: Path, caplog: Any
) -> None:
    nats = Nats(tmp_path / "nats", free_ports(1)[0], Credentials(tmp_path / "secrets"))
    broker, audience = Broker(nats.url, name="library"), Audience[Any]("ask again")

    async def logged() -> bool:
        """Sent again until the subscription is in force."""
        await broker.publish(unreadable, b"\xff")
        said = [(record.getMessage(), vars(record).get("subject")) for record in caplog.records]
        return ("change not read", unreadable) in said

    async with running(nats.process(), tmp_path), at_work(broker.connect(), follow(broker, audience)):
        await broker.jetstream()
        with audience.seat(key) as seat:
            assert await wait_until(logged, 60)
            await broker.publish(subject, event.SerializeToString())
            assert not isinstance(await seat.next(), Sign)
        await broker.close()
