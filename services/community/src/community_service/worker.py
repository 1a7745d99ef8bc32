"""The community worker: publishes this service's events and applies what others tell of videos."""

from community_service.consumers import VideoEvents
from community_service.settings import Settings
from community_service.storage import PostgresWork
from servicekit.kit import Kit, run
from servicekit.messaging.relay import Relay


async def serve(kit: Kit[Settings]) -> None:
    """Puts the parts together and works until told to stop."""
    database, broker = await kit.database(), await kit.broker()
    kit.background(Relay(broker, database).run())
    kit.background(VideoEvents(PostgresWork).consumer(broker, database).run())
    await kit.serve()


if __name__ == "__main__":
    run("community", Settings, serve)
