"""Outbox → stream: nothing lost, nothing doubled, nothing out of order, whoever dies and whenever."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from background import at_work
from postgres_locks import HERE
from servers import running

from littlemonster.content.v1.content_events_pb2 import VideoDeleted
from local_mesh.credentials import Credentials
from local_mesh.environment import child_environment
from local_mesh.ports import free_ports
from local_mesh.servers.nats import Nats
from servicekit.database import Database
from servicekit.messaging.broker import EVENTS, Broker
from servicekit.messaging.outbox import CHANNEL
from servicekit.messaging.relay import Relay

PROGRAM = Path(__file__).with_name("relay_process.py")
LEADER = f"SELECT pid FROM pg_locks WHERE {HERE} AND locktype = 'advisory' AND granted"


@pytest.fixture
def urls(make_database: Callable[[str], Any]) -> Any:
    return make_database("community")


@pytest.fixture
async def database(urls: Any) -> AsyncIterator[Database]:
    database = Database(urls.app, name="library")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def broker(folder: Path) -> AsyncIterator[Broker]:
    """A NATS of this test, so that the stream holds its events only."""
    nats = Nats(folder / "nats", free_ports(1)[0], Credentials(folder / "secrets"), durable=False)
    async with running(nats.process(), folder):
        broker = Broker(nats.url, name="test")
        await broker.connect()
        yield broker
        await broker.close()


@asynccontextmanager
async def relay_process(urls: Any, broker: Broker) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = child_environment(LM_DATABASE_URL=urls.app, LM_NATS_URL=broker._url)
    process = await asyncio.create_subprocess_exec(sys.executable, str(PROGRAM), env=environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def relay(broker: Broker, database: Database) -> AbstractAsyncContextManager[None]:
    return at_work(Relay(broker, database).run())


async def tell(database: Database, numbers: range) -> None:
    """One event each, two in every transaction."""
    for number in numbers[::2]:
        async with database.transaction() as transaction:
            for each in (number, number + 1):
                await transaction.emit("video.deleted", VideoDeleted(video_id=str(each)), about=str(each))


async def stream(broker: Broker) -> list[int]:
    """The numbers of the events in the stream, in its order."""
    jetstream = await broker.jetstream()
    count = (await jetstream.stream_info(EVENTS)).state.messages
    messages = [await jetstream.get_msg(EVENTS, sequence) for sequence in range(1, count + 1)]
    return [int(VideoDeleted.FromString(message.data or b"").video_id) for message in messages]


async def until_streamed(broker: Broker, count: int) -> None:
    while len(await stream(broker)) < count:
        await asyncio.sleep(0.02)


async def until_empty(urls: Any) -> None:
    async with await psycopg.AsyncConnection.connect(urls.app, autocommit=True) as connection:
        while await (await connection.execute("SELECT 1 FROM outbox LIMIT 1")).fetchone():
            await asyncio.sleep(0.02)


async def test_events_leave_in_the_order_they_were_written(urls: Any, database: Database, broker: Broker) -> None:
    async with relay(broker, database):
        await tell(database, range(600))
        await until_empty(urls)
    assert await stream(broker) == list(range(600))


async def test_what_waited_before_the_relay_started_leaves_first(urls: Any, database: Database, broker: Broker) -> None:
    await tell(database, range(300))
    async with relay(broker, database):
        await tell(database, range(300, 310))
        await until_empty(urls)
    assert await stream(broker) == list(range(310))


async def test_a_relay_killed_between_publishing_and_deleting_loses_and_doubles_nothing(
    urls: Any, database: Database, broker: Broker
) -> None:
    await tell(database, range(10))
    async with await psycopg.AsyncConnection.connect(urls.app) as held:
        await held.execute("SELECT 1 FROM outbox FOR UPDATE")  # deleting waits, publishing does not
        async with relay_process(urls, broker) as process:
            await until_streamed(broker, 10)
            process.kill()
            await process.wait()
        assert await (await held.execute("SELECT count(*) FROM outbox")).fetchone() == (10,)
    async with relay(broker, database):
        await tell(database, range(10, 12))
        await until_empty(urls)
    assert await stream(broker) == list(range(12))


async def test_of_two_relays_one_leads_and_the_other_takes_over_when_it_dies(
    urls: Any, database: Database, broker: Broker
) -> None:
    async with relay_process(urls, broker) as first:
        await tell(database, range(2))
        await until_streamed(broker, 2)
        leader = await leaders(urls)
        assert len(leader) == 1
        async with relay(broker, database):
            await tell(database, range(2, 40))
            await until_empty(urls)
            assert await leaders(urls) == leader
            first.kill()
            await tell(database, range(40, 80))
            await until_empty(urls)
            assert await leaders(urls) != leader
    assert await stream(broker) == list(range(80))


async def test_a_relay_that_waits_for_its_turn_holds_no_snapshot(urls: Any, database: Database, broker: Broker) -> None:
    """One that waited inside a statement would keep VACUUM from every dead row of the database."""
    question = "SELECT state, backend_xmin FROM pg_stat_activity WHERE query LIKE 'SELECT pg_try%%' AND datname = %s"
    name = psycopg.conninfo.conninfo_to_dict(urls.app)["dbname"]
    async with (
        relay(broker, database),
        relay_process(urls, broker),
        await psycopg.AsyncConnection.connect(urls.app, autocommit=True) as connection,
    ):
        while await (await connection.execute(question, (name,))).fetchone() != ("idle", None):
            await asyncio.sleep(0.02)


async def test_a_transaction_undone_publishes_nothing(urls: Any, database: Database, broker: Broker) -> None:
    async def undone() -> None:
        async with database.transaction() as transaction:
            await transaction.emit("video.deleted", VideoDeleted(video_id="99"), about="99")
            raise RuntimeError

    async with relay(broker, database):
        with pytest.raises(RuntimeError):
            await undone()
        await tell(database, range(2))
        await until_empty(urls)
    assert await stream(broker) == [0, 1]


async def test_who_listens_hears_of_an_event_as_it_is_committed(urls: Any, database: Database) -> None:
    async with await psycopg.AsyncConnection.connect(urls.app, autocommit=True) as listening:
        await listening.execute(f"LISTEN {CHANNEL}")
        await tell(database, range(2))
        assert [heard.channel async for heard in listening.notifies(timeout=60, stop_after=1)] == [CHANNEL]


async def test_an_event_carries_what_cloudevents_asks_for(urls: Any, database: Database, broker: Broker) -> None:
    async with relay(broker, database):
        await tell(database, range(2))
        await until_empty(urls)
    headers = (await (await broker.jetstream()).get_msg(EVENTS, 1)).headers or {}
    assert headers.pop("Nats-Msg-Id") == headers.pop("ce-id")
    assert headers.pop("ce-time")
    assert headers == {
        "ce-specversion": "1.0",
        "ce-source": "/services/library",
        "ce-type": "littlemonster.content.v1.VideoDeleted",
        "ce-subject": "0",
        "content-type": "application/protobuf",
    }


async def leaders(urls: Any) -> list[int]:
    async with await psycopg.AsyncConnection.connect(urls.app, autocommit=True) as connection:
        return [pid for (pid,) in await (await connection.execute(LEADER)).fetchall()]
