"""Stream → effect: once, however often and from however many sides an event comes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from integration.servicekit.shelves import ADD, ALL, make_table
from nats.aio.msg import Msg

from littlemonster.content.v1.content_events_pb2 import VideoDeleted
from servicekit.caller import Caller, acting_as, current_caller
from servicekit.database import Database, Transaction
from servicekit.ids import new_id
from servicekit.messaging.broker import EVENTS, Broker
from servicekit.messaging.consumer import Consumer, on


@pytest.fixture
async def database(make_database: Callable[[str], Any]) -> AsyncIterator[Database]:
    urls = make_database("community")
    make_table(urls.owner)
    database = Database(urls.app, name="library")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def broker(backing: Any) -> AsyncIterator[Broker]:
    broker = Broker(backing.nats_url, name="library")
    await broker.connect()
    yield broker
    await broker.close()


async def deliveries(broker: Broker, count: int) -> list[Msg]:
    """The same event `count` times, as redelivery and replays would bring it."""
    jetstream = await broker.jetstream()
    subject, event_id = "video.deleted", new_id()
    start = (await jetstream.stream_info(EVENTS)).state.last_seq + 1
    event = VideoDeleted(video_id=event_id).SerializeToString()
    for _ in range(count):
        await jetstream.publish(subject, event, headers={"ce-id": event_id, "Nats-Msg-Id": new_id()})
    found, sequence = [], start
    while len(found) < count:
        raw = await jetstream.get_msg(EVENTS, sequence)
        sequence += 1
        if (raw.headers or {}).get("ce-id") == event_id:
            found.append(Msg(broker._client, subject=subject, data=raw.data or b"", headers=raw.headers))
    return found


async def keep(event: VideoDeleted, transaction: Transaction) -> None:
    await transaction.execute(ADD, id=new_id(), owner=current_caller().id, label=event.video_id)


async def kept(database: Database) -> list[str]:
    with acting_as(Caller.service("library")):
        return [shelf.owner for shelf in await database.all(ALL)]


def consumer(broker: Broker, database: Database, apply: Any = keep, durable: str = "library") -> Consumer:
    return Consumer(broker, database, durable=durable, handlers=[on("video.deleted", VideoDeleted, apply)])


async def test_twenty_deliveries_at_once_have_one_effect(database: Database, broker: Broker) -> None:
    library = consumer(broker, database)
    await asyncio.gather(*(library.apply(message) for message in await deliveries(broker, 20)))
    assert await kept(database) == ["library"]


async def test_an_event_whose_first_delivery_failed_is_applied_by_the_next(database: Database, broker: Broker) -> None:
    attempts = []

    async def fails_at_first(event: VideoDeleted, transaction: Transaction) -> None:
        attempts.append(event.video_id)
        await keep(event, transaction)
        if len(attempts) == 1:
            raise RuntimeError

    library = consumer(broker, database, fails_at_first)
    messages = await deliveries(broker, 10)
    results = await asyncio.gather(*(library.apply(message) for message in messages), return_exceptions=True)
    assert sorted(map(repr, results)) == ["None"] * 9 + ["RuntimeError()"]
    assert len(attempts) == 2
    assert await kept(database) == ["library"]


async def test_two_consumers_each_apply_an_event_once(database: Database, broker: Broker) -> None:
    consumers = [consumer(broker, database), consumer(broker, database, durable="search")]
    messages = await deliveries(broker, 6)
    await asyncio.gather(*(each.apply(message) for each in consumers for message in messages))
    assert sorted(await kept(database)) == ["library", "search"]


async def test_what_was_heard_is_forgotten_only_after_the_stream_forgot_it(
    database: Database, broker: Broker, make_database: Callable[[str], Any]
) -> None:
    library, (message,) = consumer(broker, database), await deliveries(broker, 1)
    await library.apply(message)
    forgetting = asyncio.create_task(library._forget())
    await database.execute("UPDATE inbox SET create_time = now() - interval '14 days 1 hour'")
    await library.apply(message)
    assert await kept(database) == ["library"]
    forgetting.cancel()
    await asyncio.wait([forgetting])
    await database.execute("UPDATE inbox SET create_time = now() - interval '16 days'")
    forgetting = asyncio.create_task(library._forget())
    async with asyncio.timeout(60):
        while len(await kept(database)) < 2:
            await library.apply(message)
    forgetting.cancel()
    await asyncio.wait([forgetting])
