"""Events from the mesh. `video.*` are applied exactly once in a transaction; `comment.*` are shown to those who watch now."""

from community_service import convert
from community_service.storage import PostgresWork
from community_service.use_cases.live import Audience
from community_service.use_cases.videos import learn
from littlemonster.content.v1 import content_events_pb2 as content_events
from servicekit.database import Database, Transaction
from servicekit.messaging.broker import Broker
from servicekit.messaging.consumer import Consumer, on


def video_consumer(broker: Broker, database: Database) -> Consumer:
    """Acknowledged after the commit; retried with back-off, then parked."""
    return Consumer(
        broker,
        database,
        durable="community",
        handlers=[
            on("video.created", content_events.VideoCreated, video_created),
            on("video.status_changed", content_events.VideoStatusChanged, video_status_changed),
            on("video.deleted", content_events.VideoDeleted, video_deleted),
        ],
    )


async def video_created(event: content_events.VideoCreated, transaction: Transaction) -> None:
    await learn(PostgresWork(transaction), convert.created_video(event))


async def video_status_changed(event: content_events.VideoStatusChanged, transaction: Transaction) -> None:
    if video := convert.moved_video(event):
        await learn(PostgresWork(transaction), video)


async def video_deleted(event: content_events.VideoDeleted, transaction: Transaction) -> None:
    await learn(PostgresWork(transaction), convert.deleted_video(event))


async def follow_comments(broker: Broker, audience: Audience) -> None:
    """Shows every comment event to the streams of this process. Not acknowledged: who is not here misses it."""
    async with broker.subscribe("comment.*") as messages:
        async for message in messages:
            event_id = (message.headers or {}).get("ce-id", "")
            if change := convert.change_from(message.subject, message.data, event_id):
                audience.tell(change)
