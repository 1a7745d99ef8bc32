"""The planner service on real PostgreSQL and NATS, called over loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from loopback import Loopback

from littlemonster.planner.v1.planner_service_pb2_grpc import PlannerServiceStub, add_PlannerServiceServicer_to_server
from planner_service.handlers import PlannerHandlers
from planner_service.storage import PostgresStore
from planner_service.use_cases.events import Planner
from planner_service.use_cases.progress import ProgressReport
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.messaging.broker import Broker
from servicekit.messaging.relay import Relay


@pytest.fixture
def database_url(make_database: Callable[[str], Any]) -> str:
    return make_database("planner").app


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, name="planner")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def broker(backing: Any, database: Database) -> AsyncIterator[Broker]:
    """NATS, with the relay of this test's database running."""
    broker = Broker(backing.nats_url, name="planner")
    await broker.connect()
    relay = asyncio.create_task(Relay(broker, database).run())
    yield broker
    relay.cancel()
    await asyncio.gather(relay, return_exceptions=True)
    await broker.close()


@pytest.fixture
async def planner(loopback: Loopback, database: Database) -> PlannerServiceStub:
    store = PostgresStore(database)
    handlers = PlannerHandlers(Planner(store, utc_now, new_id), ProgressReport(store, utc_now), utc_now)
    address = await loopback.serve([(add_PlannerServiceServicer_to_server, handlers)])
    return PlannerServiceStub(loopback.channel(address))
