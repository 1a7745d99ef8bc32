"""The store's suite runs on the fake and on PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import psycopg
import pytest
from fakes.planner.store import FakeStore

from littlemonster.planner.v1.planner_events_pb2 import PlannerEventChanged
from planner_service.ports import Store
from planner_service.storage import PostgresStore
from servicekit.database import Database

Told = Callable[[], Awaitable[list[tuple[str, str, int]]]]


class InMemory:
    def __init__(self) -> None:
        self.store = FakeStore()

    async def told(self) -> list[tuple[str, str, int]]:
        return self.store.told


class InPostgres:
    def __init__(self, database: Database, url: str) -> None:
        self.store = PostgresStore(database)
        self._url = url

    async def told(self) -> list[tuple[str, str, int]]:
        async with await psycopg.AsyncConnection.connect(self._url) as connection:
            cursor = await connection.execute("SELECT subject, about, payload FROM outbox ORDER BY position")
            return [(subject, about, _version(subject, payload)) for subject, about, payload in await cursor.fetchall()]


def _version(subject: str, payload: bytes) -> int:
    return PlannerEventChanged.FromString(payload).version if subject == "planner.event_changed" else 0


@pytest.fixture(params=["fake", "postgres"])
async def stored(request: pytest.FixtureRequest) -> AsyncIterator[InMemory | InPostgres]:
    if request.param == "fake":
        yield InMemory()
        return
    make_database: Callable[[str], Any] = request.getfixturevalue("make_database")
    url = make_database("planner").app
    database = Database(url, name="planner")
    await database.open()
    yield InPostgres(database, url)
    await database.close()


@pytest.fixture
def store(stored: InMemory | InPostgres) -> Store:
    return stored.store


@pytest.fixture
def told(stored: InMemory | InPostgres) -> Told:
    """Answers what left the store, in order: subject, event, version of the planner."""
    return stored.told
