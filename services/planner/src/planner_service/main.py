"""The planner API."""

from littlemonster.common.v1.personal_data_service_pb2_grpc import add_PersonalDataServiceServicer_to_server
from littlemonster.planner.v1.planner_service_pb2 import EventChange
from littlemonster.planner.v1.planner_service_pb2_grpc import add_PlannerServiceServicer_to_server
from planner_service.consumers import follow_changes
from planner_service.handlers import PlannerHandlers
from planner_service.settings import Settings
from planner_service.storage import PostgresStore
from planner_service.storage.personal_data import EVERYTHING
from planner_service.use_cases.events import Planner
from planner_service.use_cases.feed import Feeds
from planner_service.use_cases.importing import Importer
from planner_service.use_cases.live import INSTEAD
from planner_service.use_cases.progress import ProgressReport
from planner_service.use_cases.sync import Sync
from servicekit.clock import utc_now
from servicekit.ids import new_id
from servicekit.kit import Kit, run
from servicekit.live import Audience
from servicekit.personal_data.handlers import PersonalDataHandlers


async def serve(kit: Kit[Settings]) -> None:
    """Puts the parts together and serves until told to stop."""
    settings, database = kit.settings, await kit.database()
    store = PostgresStore(database)
    audience = Audience[EventChange](INSTEAD, seats=settings.live_streams, backlog=settings.live_backlog)
    kit.background(follow_changes(await kit.broker(), audience))
    handlers = PlannerHandlers(
        Planner(store, utc_now, new_id),
        ProgressReport(store, utc_now),
        Sync(store),
        Feeds(store, utc_now, settings.public_url),
        Importer(store, utc_now, new_id),
        audience,
        utc_now,
        heartbeat=settings.heartbeat,
    )
    await kit.serve(
        (add_PlannerServiceServicer_to_server, handlers),
        (add_PersonalDataServiceServicer_to_server, PersonalDataHandlers(database, EVERYTHING)),
    )


if __name__ == "__main__":
    run("planner", Settings, serve)
