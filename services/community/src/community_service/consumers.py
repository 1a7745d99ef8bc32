"""Events from the mesh. `video.*` are applied exactly once in a transaction; `comment.*` are shown to those who watch now."""

import asyncio
from collections.abc import AsyncIterator, Callable

from nats.aio.msg import Msg

from community_service import convert
from community_service.domain.changes import Change
from community_service.errors import VideoNotFound
from community_service.ports import Work
from community_service.use_cases.videos import learn
from littlemonster.auth.v1.auth_events_pb2 import UserDeleted
from littlemonster.content.v1 import content_events_pb2 as events
from servicekit.database import Database, Transaction
from servicekit.live import Audience
from servicekit.messaging.broker import Broker
from servicekit.messaging.consumer import Consumer, on
from servicekit.messaging.reading import read
from servicekit.personal_data.erasure import Erasure


class VideoEvents:
    """Acknowledged after the commit; retried with back-off, then parked."""

    def __init__(self, work: Callable[[Transaction], Work]) -> None:
        """`work` makes the unit of work of a transaction."""
        self._work = work

    def consumer(self, broker: Broker, database: Database) -> Consumer:
        """The durable subscription that applies them."""
        return Consumer(
            broker,
            database,
            durable="community",
            handlers=[
                on("video.created", events.VideoCreated, self.created),
                on("video.status_changed", events.VideoStatusChanged, self.moved),
                on("video.deleted", events.VideoDeleted, self.deleted),
            ],
        )

    async def created(self, event: events.VideoCreated, transaction: Transaction) -> None:
        await learn(self._work(transaction), convert.peers.created_video(event))

    async def moved(self, event: events.VideoStatusChanged, transaction: Transaction) -> None:
        if video := convert.peers.moved_video(event):
            await learn(self._work(transaction), video)

    async def deleted(self, event: events.VideoDeleted, transaction: Transaction) -> None:
        await learn(self._work(transaction), convert.peers.deleted_video(event))


async def follow_comments(broker: Broker, audience: Audience[Change]) -> None:
    """Shows every comment event to the streams of this process, and ends those of videos that are public no more.

    After NATS was away the streams look what they missed.
    """
    await broker.jetstream()  # at the start NATS may take its time, and a subscription waits only briefly
    async with (
        broker.subscribe("comment.*") as comments,
        broker.subscribe("video.*") as videos,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(audience.catch_up_after(broker.reconnection))
        group.create_task(_dismiss(videos, audience))
        async for message in comments:
            if change := read(message, convert.live.change_from):
                audience.tell(change.video_id, change)


async def _dismiss(messages: AsyncIterator[Msg], audience: Audience[Change]) -> None:
    async for message in messages:
        video = read(message, convert.peers.video_from)
        if video and not video.is_public:
            audience.dismiss(video.id, VideoNotFound(video=video.id))


def erasures(broker: Broker, database: Database, erasure: Erasure) -> Consumer:
    """Erases accounts that ask for it. Acknowledged after the commit; retried with back-off, then parked."""
    return Consumer(
        broker, database, durable="community-erasure", handlers=[on("user.deleted", UserDeleted, erasure.apply)]
    )
