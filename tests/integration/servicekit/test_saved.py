"""A broker that lost everything hears again what a consumer had still to hear, and each effect happens once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from background import at_work
from integration.servicekit.shelves import ADD, ALL, make_table
from servers import running

from littlemonster.content.v1.content_events_pb2 import VideoDeleted
from local_mesh.credentials import Credentials
from local_mesh.ports import free_ports
from local_mesh.servers.nats import Nats
from servicekit.caller import Caller, acting_as
from servicekit.database import Database, Transaction
from servicekit.ids import new_id
from servicekit.messaging.broker import DEAD_LETTERS, EVENTS, Broker
from servicekit.messaging.consumer import Consumer, on
from servicekit.messaging.dead_letters import dead_letters, replay
from servicekit.messaging.relay import Relay
from servicekit.messaging.saved import SavedEvent, empty, heard_by_all, is_empty, last_sequence, messages, put_back


@pytest.fixture
async def database(make_database: Callable[[str], Any]) -> AsyncIterator[Database]:
    urls = make_database("community")
    make_table(urls.owner)
    database = Database(urls.app, name="library")
    await database.open()
    yield database
    await database.close()


@asynccontextmanager
async def broker(folder: Path) -> AsyncIterator[Broker]:
    await asyncio.to_thread(folder.mkdir)
    nats = Nats(folder / "nats", free_ports(1)[0], Credentials(folder / "secrets"), durable=False)
    async with running(nats.process(), folder):
        broker = Broker(nats.url, name="test")
        await broker.connect()
        yield broker
        await broker.close()


async def keep(event: VideoDeleted, transaction: Transaction) -> None:
    if event.video_id == "refused":
        raise RuntimeError
    await transaction.execute(ADD, id=new_id(), owner="library", label=event.video_id)


def library(broker: Broker, database: Database) -> Consumer:
    handlers = [on("video.deleted", VideoDeleted, keep)]
    return Consumer(broker, database, durable="library", handlers=handlers, retry_seconds=())


async def tell(database: Database, label: str) -> None:
    async with database.transaction() as transaction:
        await transaction.emit("video.deleted", VideoDeleted(video_id=label), about=label)


async def kept(database: Database) -> list[str]:
    with acting_as(Caller.service("library")):
        return sorted(shelf.label for shelf in await database.all(ALL))


async def until(question: Callable[[], Any], answer: Any) -> None:
    while await question() != answer:
        await asyncio.sleep(0.02)


async def saved(broker: Broker) -> list[SavedEvent]:
    """What a backup writes down, through the file and back."""
    jetstream = await broker.jetstream()
    spans = [(EVENTS, await heard_by_all(jetstream)), (DEAD_LETTERS, 0)]
    found = [
        message
        for stream, after in spans
        async for message in messages(jetstream, stream, after, await last_sequence(jetstream, stream))
    ]
    return [SavedEvent.from_json(event.to_json()) for event in found]


async def test_each_event_of_before_has_its_effect_once_after_the_broker_lost_all(
    database: Database, folder: Path
) -> None:
    async with broker(folder / "before") as old:
        jetstream = await old.jetstream()
        async with at_work(library(old, database).run(), Relay(old, database).run()):
            for label in ("heard", "refused"):
                await tell(database, label)
            await until(lambda: kept(database), ["heard"])
            await until(lambda: last_sequence(jetstream, DEAD_LETTERS), 1)
            await until(lambda: heard_by_all(jetstream), 2)
        async with at_work(Relay(old, database).run()):  # nobody hears what is published now
            await tell(database, "published")
            await until(lambda: last_sequence(jetstream), 3)
        await tell(database, "waiting")
        assert await heard_by_all(jetstream) == 2
        events = await saved(old)
    assert [event.subject for event in events] == ["video.deleted", "dead.library.video.deleted"]

    async with broker(folder / "after") as new:
        jetstream = await new.jetstream()
        assert await is_empty(jetstream)
        for event in [*events, *events]:  # a restore that was run twice
            await put_back(jetstream, event)
        async with at_work(library(new, database).run(), Relay(new, database).run()):
            await until(lambda: kept(database), ["heard", "published", "waiting"])
            (letter,) = [letter async for letter in dead_letters(jetstream)]
            await replay(jetstream, letter.sequence)
            await until(lambda: last_sequence(jetstream, DEAD_LETTERS), 2)  # given up once more, as its own
        assert await kept(database) == ["heard", "published", "waiting"]


async def test_before_any_consumer_was_made_all_events_are_still_to_be_heard(database: Database, folder: Path) -> None:
    async with broker(folder / "before") as old:
        jetstream = await old.jetstream()
        async with at_work(Relay(old, database).run()):
            await tell(database, "published")
            await until(lambda: last_sequence(jetstream), 1)
        assert await heard_by_all(jetstream) == 0
        assert not await is_empty(jetstream)
        await empty(jetstream)
        assert await is_empty(jetstream)
