"""The planner API."""

from littlemonster.planner.v1.planner_service_pb2_grpc import add_PlannerServiceServicer_to_server
from planner_service.handlers import PlannerHandlers
from planner_service.settings import Settings
from planner_service.storage import PostgresStore
from planner_service.use_cases.events import Planner
from planner_service.use_cases.progress import ProgressReport
from servicekit.clock import utc_now
from servicekit.ids import new_id
from servicekit.kit import Kit, run


async def serve(kit: Kit[Settings]) -> None:
    """Puts the parts together and serves until told to stop."""
    store = PostgresStore(await kit.database())
    handlers = PlannerHandlers(Planner(store, utc_now, new_id), ProgressReport(store, utc_now), utc_now)
    await kit.broker()  # part of the health that operators see, though no call of this slice waits for it
    await kit.serve((add_PlannerServiceServicer_to_server, handlers))


if __name__ == "__main__":
    run("planner", Settings, serve)
