"""The content API: asking for lessons, the feed, live progress."""

from content_service.clients.inference import InferenceJudge
from content_service.clients.live import BrokerFollower
from content_service.clients.media import MediaStore
from content_service.handlers import VideoHandlers
from content_service.settings import Settings
from content_service.storage import PostgresReads, PostgresSearch, PostgresUnitOfWork
from content_service.storage.personal_data import EVERYTHING
from content_service.use_cases.managing import Management
from content_service.use_cases.searching import Searching
from content_service.use_cases.videos import Videos
from littlemonster.common.v1.personal_data_service_pb2_grpc import add_PersonalDataServiceServicer_to_server
from littlemonster.content.v1.content_service_pb2_grpc import add_VideoServiceServicer_to_server
from servicekit.clock import utc_now
from servicekit.ids import new_id
from servicekit.kit import Kit, run
from servicekit.personal_data.handlers import PersonalDataHandlers


async def serve(kit: Kit[Settings]) -> None:
    """Puts the parts together and serves until told to stop."""
    database = await kit.database()
    settings = kit.settings
    store = MediaStore(settings.media_dir, settings.media_url, settings.media_public_endpoint)
    reads, unit_of_work = PostgresReads(database), PostgresUnitOfWork(database, links=store.told)
    videos = Videos(
        reads=reads,
        unit_of_work=unit_of_work,
        judge=InferenceJudge(kit.channel(settings.inference_address, "inference")),
        follower=BrokerFollower(await kit.broker()),
        clock=utc_now,
        ids=new_id,
    )
    management = Management(reads, unit_of_work, utc_now)
    handlers = VideoHandlers(videos, management, Searching(PostgresSearch(database)), store.links)
    await kit.serve(
        (add_VideoServiceServicer_to_server, handlers),
        (add_PersonalDataServiceServicer_to_server, PersonalDataHandlers(database, EVERYTHING)),
    )


if __name__ == "__main__":
    run("content", Settings, serve)
