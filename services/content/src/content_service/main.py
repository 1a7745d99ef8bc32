"""The content API: asking for lessons, the feed, live progress."""

from content_service.clients.inference import InferenceJudge
from content_service.clients.live import BrokerFollower
from content_service.handlers import VideoHandlers
from content_service.settings import Settings
from content_service.storage import PostgresReads, PostgresUnitOfWork
from content_service.use_cases.videos import Videos
from littlemonster.content.v1.content_service_pb2_grpc import add_VideoServiceServicer_to_server
from servicekit.clock import utc_now
from servicekit.ids import new_id
from servicekit.kit import Kit, run


async def serve(kit: Kit[Settings]) -> None:
    """Puts the parts together and serves until told to stop."""
    database = await kit.database()
    videos = Videos(
        reads=PostgresReads(database),
        unit_of_work=PostgresUnitOfWork(database),
        judge=InferenceJudge(kit.channel(kit.settings.inference_address, "inference")),
        follower=BrokerFollower(await kit.broker()),
        clock=utc_now,
        ids=new_id,
    )
    await kit.serve((add_VideoServiceServicer_to_server, VideoHandlers(videos)))


if __name__ == "__main__":
    run("content", Settings, serve)
