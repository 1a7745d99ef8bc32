"""The planner service on real PostgreSQL and NATS, called over loopback."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from background import at_work
from loopback import Loopback

from littlemonster.planner.v1.planner_service_pb2 import EventChange
from littlemonster.planner.v1.planner_service_pb2_grpc import PlannerServiceStub, add_PlannerServiceServicer_to_server
from planner_service.consumers import follow_changes
from planner_service.handlers import PlannerHandlers
from planner_service.storage import PostgresStore
from planner_service.use_cases.events import Planner
from planner_service.use_cases.feed import Feeds
from planner_service.use_cases.importing import Importer
from planner_service.use_cases.live import INSTEAD
from planner_service.use_cases.progress import ProgressReport
from planner_service.use_cases.sync import Sync
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.live import Audience
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
async def broker(backing: Any, database: Database, audience: Audience[EventChange]) -> AsyncIterator[Broker]:
    """NATS, with the relay of this test's database and what shows its changes running."""
    broker = Broker(backing.nats_url, name="planner")
    await broker.connect()
    async with at_work(Relay(broker, database).run(), follow_changes(broker, audience)):
        yield broker
    await broker.close()


@pytest.fixture
def audience() -> Audience[EventChange]:
    return Audience(INSTEAD)


@pytest.fixture
async def planner_address(loopback: Loopback, database: Database, audience: Audience[EventChange]) -> str:
    store = PostgresStore(database)
    handlers = PlannerHandlers(
        Planner(store, utc_now, new_id),
        ProgressReport(store, utc_now),
        Sync(store),
        Feeds(store, utc_now, "https://school.example.org/"),
        Importer(store, utc_now, new_id),
        audience,
        utc_now,
        heartbeat=timedelta(hours=1),
    )
    return await loopback.serve([(add_PlannerServiceServicer_to_server, handlers)])


@pytest.fixture
def planner(loopback: Loopback, planner_address: str) -> PlannerServiceStub:
    return PlannerServiceStub(loopback.channel(planner_address))
