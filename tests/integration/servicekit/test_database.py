"""The database as the present caller: one connection serves many callers and keeps none of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import psycopg
import pytest
from integration.servicekit.shelves import (
    ADD,
    ADD_AND_SHOW,
    ALL,
    BACKEND,
    DIVIDE,
    SLEEP,
    WHO,
    Shelf,
    Who,
    make_table,
)
from integration.servicekit.wire import counting_proxy
from psycopg.waiting import MAX_BUSY_TIME

from littlemonster.content.v1.content_service_pb2 import Video
from servicekit.caller import Caller, Role, acting_as
from servicekit.database import Database, DatabaseUnavailable, TextNotStorable
from servicekit.ids import new_id

ADA, BOB = Caller("ada", Role.STUDENT), Caller("bob", Role.STUDENT)
NOBODY = Who(None, None)


@pytest.fixture
def urls(make_database: Callable[[str], Any]) -> Any:
    urls = make_database("community")
    make_table(urls.owner, ["ada", "bob"])
    return urls


@pytest.fixture
async def database(urls: Any) -> AsyncIterator[Database]:
    """Of one connection: whoever comes next has the one that was just used."""
    database = Database(urls.app, name="library", size=1)
    await database.open()
    yield database
    await database.close()


async def seen(database: Database, caller: Caller | None) -> list[str]:
    with acting_as(caller):
        return [shelf.label for shelf in await database.all(ALL)]


async def who_in_transaction(database: Database) -> Who | None:
    async with database.transaction() as transaction:
        return await transaction.one(WHO)


async def nothing_leaked(database: Database) -> None:
    """The next user of the connection is nobody, whichever way it reads."""
    assert await database.one(WHO) == await who_in_transaction(database) == NOBODY
    assert await seen(database, None) == []


async def test_one_connection_shows_each_caller_their_own_rows(database: Database) -> None:
    for caller, rows in ((ADA, ["ada"]), (None, []), (BOB, ["bob"]), (None, []), (ADA, ["ada"])):
        assert await seen(database, caller) == rows
    pids = {await database.one(BACKEND) for _ in range(3)}
    assert len(pids) == 1


async def test_the_statement_runs_as_its_caller_and_the_next_as_nobody(database: Database) -> None:
    with acting_as(ADA):
        assert await database.one(WHO) == await who_in_transaction(database) == Who("ada", "STUDENT")
    await nothing_leaked(database)


async def test_a_service_sees_every_row(database: Database) -> None:
    assert sorted(await seen(database, Caller.service("library"))) == ["ada", "bob"]


async def test_nothing_leaks_after_a_statement_failed(database: Database) -> None:
    with acting_as(ADA), pytest.raises(psycopg.errors.DivisionByZero):
        await database.one(DIVIDE, by=0)
    await nothing_leaked(database)


async def test_nothing_leaks_after_a_transaction_failed(database: Database) -> None:
    with acting_as(ADA), pytest.raises(psycopg.errors.DivisionByZero):
        async with database.transaction() as transaction:
            await transaction.one(DIVIDE, by=0)
    await nothing_leaked(database)


async def test_nothing_leaks_after_a_statement_was_cancelled_in_the_middle(urls: Any, database: Database) -> None:
    async def reads() -> None:
        with acting_as(ADA):
            await database.one(SLEEP, seconds=60)

    await cancelled_in_the_middle(reads(), urls)
    await nothing_leaked(database)


async def test_nothing_leaks_after_a_transaction_was_cancelled_in_the_middle(urls: Any, database: Database) -> None:
    async def writes() -> None:
        with acting_as(ADA):
            async with database.transaction() as transaction:
                await transaction.execute(ADD, id=new_id(), owner="ada", label="half done")
                await transaction.one(SLEEP, seconds=60)

    await cancelled_in_the_middle(writes(), urls)
    await nothing_leaked(database)
    assert await seen(database, ADA) == ["ada"]


async def test_many_callers_at_once_never_see_each_other_s_rows(urls: Any) -> None:
    """Half of them give up at some moment; their connections go on to others."""
    database = Database(urls.app, name="library", size=3)
    await database.open()
    everybody = (ADA, None, BOB)

    async def call(number: int) -> None:
        caller = everybody[number % 3]
        for _ in range(5):
            assert await seen(database, caller) == ([caller.id] if caller else [])

    calls = [asyncio.create_task(call(number)) for number in range(60)]
    for number, task in enumerate(calls):
        await asyncio.sleep(0)
        if number % 2:
            task.cancel()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results)
    await nothing_leaked(database)
    await database.close()


async def test_a_read_is_one_round_trip(urls: Any) -> None:
    """Counted on the wire: what the server sends comes in one answer to what the client sent at once."""
    host_port = psycopg.conninfo.conninfo_to_dict(urls.app)
    async with counting_proxy(host_port["host"], int(host_port["port"])) as (port, turns):
        database = Database(psycopg.conninfo.make_conninfo(urls.app, host="127.0.0.1", port=port), name="l", size=1)
        await database.open()
        with acting_as(ADA):
            for _ in range(5):  # until the statement is prepared
                await database.all(ALL)
            turns.clear()
            assert len(await database.all(ALL)) == 1
        assert turns == ["asked"]
        await database.close()


async def test_others_rows_cannot_be_written_either(database: Database) -> None:
    with acting_as(ADA), pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with database.transaction() as transaction:
            await transaction.execute(ADD, id=new_id(), owner="bob", label="forged")


async def test_a_transaction_that_fails_leaves_neither_row_nor_event(urls: Any, database: Database) -> None:
    async def fails() -> None:
        async with database.transaction() as transaction:
            await transaction.execute(ADD, id=new_id(), owner="ada", label="undone")
            await transaction.emit("video.created", Video(id="1"), about="1")
            await transaction.one(DIVIDE, by=0)

    with acting_as(ADA), pytest.raises(psycopg.errors.DivisionByZero):
        await fails()
    assert await seen(database, ADA) == ["ada"]
    assert outbox(urls) == []


async def test_a_transaction_that_ends_well_leaves_both(urls: Any, database: Database) -> None:
    shelf = Shelf(new_id(), "ada", "kept")
    with acting_as(ADA):
        async with database.transaction() as transaction:
            made = await transaction.one(ADD_AND_SHOW, id=shelf.id, owner="ada", label="kept")
            await transaction.emit("video.created", Video(id="1"), about="1")
    assert made == shelf
    assert outbox(urls) == [("video.created", "library", "littlemonster.content.v1.Video", "1")]


async def test_an_event_too_large_to_publish_is_refused_with_its_transaction(urls: Any, database: Database) -> None:
    async def tells_too_much() -> None:
        async with database.transaction() as transaction:
            await transaction.execute(ADD, id=new_id(), owner="ada", label="undone")
            await transaction.emit("video.created", Video(title="x" * 600_000), about="1")

    with acting_as(ADA), pytest.raises(ValueError, match=r"video\.created has \d+ bytes"):
        await tells_too_much()
    assert await seen(database, ADA) == ["ada"]
    assert outbox(urls) == []


async def test_text_that_cannot_be_stored_is_the_caller_s_mistake(database: Database) -> None:
    with acting_as(ADA), pytest.raises(TextNotStorable):
        async with database.transaction() as transaction:
            await transaction.execute(ADD, id=new_id(), owner="ada", label="a\0b")


async def test_other_data_that_cannot_be_stored_is_a_bug(database: Database) -> None:
    with acting_as(ADA), pytest.raises(psycopg.DataError):
        async with database.transaction() as transaction:
            await transaction.execute(ADD, id="no uuid", owner="ada", label="a")


async def test_a_pool_that_is_busy_refuses_in_time(database: Database) -> None:
    async with database._pool.connection():
        assert not await database.ping()
        with pytest.raises(DatabaseUnavailable):
            await database.one(WHO)


async def cancelled_in_the_middle(work: Any, urls: Any) -> None:
    """Cancels the work once PostgreSQL sleeps for it."""
    task = asyncio.create_task(work)
    await until_asleep(urls)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def until_asleep(urls: Any) -> None:
    question = "SELECT true FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
    async with await psycopg.AsyncConnection.connect(urls.app, autocommit=True) as connection:
        while not await (await connection.execute(question)).fetchone():
            await asyncio.sleep(0.01)


def outbox(urls: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(urls.owner) as connection:
        return connection.execute("SELECT subject, source, type, about FROM outbox ORDER BY position").fetchall()


async def test_a_read_whose_time_is_over_as_it_begins_spoils_the_connection_for_nobody(database: Database) -> None:
    for _ in range(20):
        busy_until = time.monotonic() + 2 * MAX_BUSY_TIME
        while time.monotonic() < busy_until:
            pass  # other work has held the loop, so that psycopg gives way at once
        with acting_as(ADA), pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await database.one(WHO)
        with acting_as(BOB):
            assert await who_in_transaction(database) == await database.one(WHO) == Who("bob", "STUDENT")
        await nothing_leaked(database)
