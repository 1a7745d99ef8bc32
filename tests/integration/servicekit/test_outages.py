"""Servers that are killed and come back: the parts say so while it lasts, and go on by themselves afterwards."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from background import at_work
from integration.servicekit.shelves import BACKEND, WHO, Who
from servers import kill, running

from littlemonster.content.v1.content_events_pb2 import VideoDeleted
from local_mesh.credentials import Credentials
from local_mesh.ports import free_ports
from local_mesh.servers.nats import Nats
from local_mesh.servers.postgres import Postgres
from servicekit.database import Database, DatabaseUnavailable, Transaction
from servicekit.ids import new_id
from servicekit.messaging.broker import Broker, BrokerUnavailable
from servicekit.messaging.consumer import Consumer, on
from servicekit.messaging.relay import Relay


@pytest.fixture
def credentials(folder: Path) -> Credentials:
    return Credentials(folder / "secrets")


@pytest.fixture
def postgres(folder: Path, credentials: Credentials) -> Postgres:
    return Postgres(folder / "postgres", folder / "initdb.log", free_ports(1)[0], credentials, durable=False)


@pytest.fixture
def nats(folder: Path, credentials: Credentials) -> Nats:
    return Nats(folder / "nats", free_ports(1)[0], credentials)


async def until(question: Callable[[], Any]) -> None:
    while not await question():
        await asyncio.sleep(0.02)


async def test_a_pool_says_unavailable_while_postgres_is_away_and_recovers(postgres: Postgres, folder: Path) -> None:
    database = Database(postgres.url, name="library", size=4)
    await database.open()  # before there is a server
    assert not await database.ping()
    async with running(postgres.process(), folder) as server:
        await until(database.ping)
        await asyncio.gather(*(database.one(WHO) for _ in range(4)))
        await kill(server)
        with pytest.raises(DatabaseUnavailable):
            await until_away(partial(database.one, WHO))
        with pytest.raises(DatabaseUnavailable):
            await until_away(partial(who_in_transaction, database))
        await until(partial(is_away, database))
    async with running(postgres.process(), folder):
        await until(database.ping)
        assert await asyncio.gather(*(recovered(database) for _ in range(8))) == [Who(None, None)] * 8
        await database.close()


async def until_away(ask: Callable[[], Any]) -> None:
    """Asks until it fails: a connection's process of PostgreSQL outlives the server's first one for a moment."""
    while True:
        await ask()


async def who_in_transaction(database: Database) -> None:
    async with database.transaction() as transaction:
        await transaction.one(WHO)


async def is_away(database: Database) -> bool:
    return not await database.ping()


async def recovered(database: Database) -> Who | None:
    """A read, tried again as a client would: the pool may still hold connections that died with the server."""
    while True:
        try:
            return await database.one(WHO)
        except DatabaseUnavailable:
            await asyncio.sleep(0.02)


async def test_a_transaction_whose_connection_dies_saves_nothing(postgres: Postgres, folder: Path) -> None:
    async with running(postgres.process(), folder):
        with psycopg.connect(postgres.url, autocommit=True) as other:
            other.execute("CREATE TABLE marks (number int)")
            database = Database(postgres.url, name="library", size=1)
            await database.open()
            with pytest.raises(DatabaseUnavailable):
                await interrupted(database, other)
            assert other.execute("SELECT count(*) FROM marks").fetchone() == (0,)
            assert await recovered(database) == Who(None, None)
            await database.close()


async def interrupted(database: Database, other: psycopg.Connection) -> None:
    async with database.transaction() as transaction:
        pid = await transaction.one(BACKEND)
        await transaction._connection.execute("INSERT INTO marks VALUES (1)")
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
        await transaction.one(BACKEND)


@pytest.fixture
async def database(make_database: Callable[[str], Any]) -> AsyncIterator[Database]:
    database = Database(make_database("community").app, name="library")
    await database.open()
    yield database
    await database.close()


async def test_consumption_and_relay_go_on_after_nats_was_killed(nats: Nats, database: Database, folder: Path) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def apply(event: VideoDeleted, _: Transaction) -> None:
        await heard.put(event.video_id)

    async def tell(number: int) -> None:
        async with database.transaction() as transaction:
            await transaction.emit("video.deleted", VideoDeleted(video_id=str(number)), about=str(number))

    broker = Broker(nats.url, name="library")
    handlers = [on("video.deleted", VideoDeleted, apply)]
    consumer = Consumer(broker, database, durable="library", handlers=handlers)
    async with at_work(broker.connect(), Relay(broker, database).run(), consumer.run()):
        async with running(nats.process(), folder) as server:
            await tell(1)
            assert await heard.get() == "1"
            await kill(server)
            await tell(2)
        async with running(nats.process(), folder):
            assert await heard.get() == "2"
            await tell(3)
            assert await heard.get() == "3"
    await broker.close()
    assert heard.empty()


async def test_a_live_subscription_survives_a_restart_and_none_begins_without_nats(nats: Nats, folder: Path) -> None:
    broker = Broker(nats.url, name="library")
    async with running(nats.process(), folder) as server:
        await broker.connect()
        async with broker.subscribe("live.>") as messages:
            await broker.publish("live.a", b"1")
            assert (await anext(messages)).data == b"1"
            await kill(server)
            async with running(nats.process(), folder):
                await until(lambda: connected(broker))
                await broker.publish("live.a", b"2")
                assert (await anext(messages)).data == b"2"
    await until(lambda: disconnected(broker))
    with pytest.raises(BrokerUnavailable):
        async with broker.subscribe("live.>"):
            raise AssertionError("nobody is there")
    await broker.close()


async def connected(broker: Broker) -> bool:
    return broker.connected


async def disconnected(broker: Broker) -> bool:
    return not broker.connected


async def test_closing_waits_for_what_is_sent_and_not_for_what_nobody_reads(nats: Nats, folder: Path) -> None:
    async with running(nats.process(), folder):
        broker, other = Broker(nats.url, name="library"), Broker(nats.url, name="other")
        await broker.connect()
        await other.connect()
        async with broker.subscribe("live.unread"), other.subscribe("live.last") as heard:
            for _ in range(10):
                await other.publish("live.unread", b"")
            await other._client.flush()
            await broker._client.flush()
            await broker.publish("live.last", b"words")
            async with asyncio.timeout(60):
                await broker.close()
            assert (await anext(heard)).data == b"words"
        await other.close()


async def test_streams_are_made_by_whoever_comes_first_and_missing_subjects_are_added(nats: Nats, folder: Path) -> None:
    async with running(nats.process(), folder):
        brokers = [Broker(nats.url, name=new_id()) for _ in range(4)]
        await asyncio.gather(*(broker.connect() for broker in brokers))
        jetstream = await brokers[0].jetstream()
        stream = (await jetstream.stream_info("EVENTS")).config
        await jetstream.update_stream(stream.evolve(subjects=["user.>"], max_age=3600))
        await brokers[0].close()
        again = Broker(nats.url, name="again")
        await again.connect()
        changed = (await (await again.jetstream()).stream_info("EVENTS")).config
        assert (set(changed.subjects), changed.max_age) == (set(stream.subjects), 3600)
        for broker in (*brokers[1:], again):
            await broker.close()


async def test_what_waits_for_a_server_that_went_away_keeps_no_broker_from_closing(nats: Nats, folder: Path) -> None:
    broker = Broker(nats.url, name="library")
    async with running(nats.process(), folder):
        await broker.connect()
    await until(lambda: disconnected(broker))
    await broker._client.publish("live.a", b"1")
    await broker.close()
