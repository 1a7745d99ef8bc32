"""The planner API."""

from littlemonster.planner.v1.planner_service_pb2 import EventChange
from littlemonster.planner.v1.planner_service_pb2_grpc import add_PlannerServiceServicer_to_server
from planner_service.consumers import follow_changes
from planner_service.handlers import PlannerHandlers
from planner_service.settings import Settings
from planner_service.storage import PostgresStore
from planner_service.use_cases.events import Planner
from planner_service.use_cases.live import Audience
from planner_service.use_cases.progress import ProgressReport
from planner_service.use_cases.sync import Sync
from servicekit.clock import utc_now
from servicekit.ids import new_id
from servicekit.kit import Kit, run


async def serve(kit: Kit[Settings]) -> None:
    """Puts the parts together and serves until told to stop."""
    settings, store = kit.settings, PostgresStore(await kit.database())
    audience = Audience[EventChange](seats=settings.live_streams, backlog=settings.live_backlog)
    kit.background(follow_changes(await kit.broker(), audience))
    handlers = PlannerHandlers(
        Planner(store, utc_now, new_id),
        ProgressReport(store, utc_now),
        Sync(store),
        audience,
        utc_now,
        heartbeat=settings.heartbeat,
    )
    await kit.serve((add_PlannerServiceServicer_to_server, handlers))


if __name__ == "__main__":
    run("planner", Settings, serve)
