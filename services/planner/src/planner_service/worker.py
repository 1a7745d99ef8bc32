"""The planner worker: publishes this service's events."""

from planner_service.settings import Settings
from servicekit.kit import Kit, run
from servicekit.messaging.relay import Relay


async def serve(kit: Kit[Settings]) -> None:
    """Puts the parts together and works until told to stop."""
    database, broker = await kit.database(), await kit.broker()
    kit.background(Relay(broker, database).run())
    await kit.serve()


if __name__ == "__main__":
    run("planner", Settings, serve)
