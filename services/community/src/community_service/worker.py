"""The community worker: publishes this service's events, applies what others tell of videos, and erases accounts."""

from community_service.consumers import VideoEvents, erasures
from community_service.settings import Settings
from community_service.storage import PostgresWork
from community_service.storage.personal_data import erase
from servicekit.kit import Kit, run
from servicekit.messaging.relay import Relay
from servicekit.personal_data.erasure import Erasure


async def serve(kit: Kit[Settings]) -> None:
    """Puts the parts together and works until told to stop."""
    database, broker = await kit.database(), await kit.broker()
    kit.background(Relay(broker, database).run())
    kit.background(VideoEvents(PostgresWork).consumer(broker, database).run())
    kit.background(erasures(broker, database, Erasure("community", erase)).run())
    await kit.serve()


if __name__ == "__main__":
    run("community", Settings, serve)
