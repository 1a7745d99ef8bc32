"""Each port's suite runs on the fake and on the real adapter."""

from collections.abc import AsyncIterator, Awaitable, Callable

import psycopg
import pytest
from fakes.community.store import FakeStore
from psycopg.rows import scalar_row

from community_service.ports import Store
from community_service.storage import PostgresStore
from servicekit.database import Database

Told = Callable[[], Awaitable[list[str]]]


class InMemory:
    def __init__(self) -> None:
        self.store = FakeStore()

    async def told(self) -> list[str]:
        return [subject for subject, *_ in self.store.told]


class InPostgres:
    def __init__(self, database: Database, url: str) -> None:
        self.store = PostgresStore(database)
        self._url = url

    async def told(self) -> list[str]:
        async with await psycopg.AsyncConnection.connect(self._url, row_factory=scalar_row) as connection:
            cursor = await connection.execute("SELECT subject FROM outbox ORDER BY position")
            return await cursor.fetchall()


@pytest.fixture(params=["fake", "postgres"])
async def stored(request: pytest.FixtureRequest) -> AsyncIterator[InMemory | InPostgres]:
    if request.param == "fake":
        yield InMemory()
        return
    make_database: Callable[..., object] = request.getfixturevalue("make_database")
    url = make_database("community").app
    database = Database(url, name="community")
    await database.open()
    yield InPostgres(database, url)
    await database.close()


@pytest.fixture
def store(stored: InMemory | InPostgres) -> Store:
    return stored.store


@pytest.fixture
def told(stored: InMemory | InPostgres) -> Told:
    """Answers the subjects of the events that left the store, in order."""
    return stored.told
