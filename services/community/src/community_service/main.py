"""The community API: comments, live comments and ratings."""

from community_service.clients import AuthDirectory, ContentCatalogue, InferenceModerator
from community_service.consumers import follow_comments
from community_service.domain.changes import Change
from community_service.handlers import CommentHandlers, RatingHandlers
from community_service.settings import Settings
from community_service.storage import PostgresStore
from community_service.storage.personal_data import EVERYTHING
from community_service.use_cases.appeals import Appeals
from community_service.use_cases.comments import Discussion
from community_service.use_cases.editing import Editing
from community_service.use_cases.gate import Gate
from community_service.use_cases.live import INSTEAD, LiveComments
from community_service.use_cases.mentioning import Mentioning
from community_service.use_cases.moderation import Moderation
from community_service.use_cases.ratings import Stars
from community_service.use_cases.reporting import Reporting
from community_service.use_cases.standing import Authors
from community_service.use_cases.videos import PublicVideos
from littlemonster.common.v1.personal_data_service_pb2_grpc import add_PersonalDataServiceServicer_to_server
from littlemonster.community.v1.community_service_pb2_grpc import (
    add_CommentServiceServicer_to_server,
    add_RatingServiceServicer_to_server,
)
from servicekit.clock import utc_now
from servicekit.ids import new_id
from servicekit.kit import Kit, run
from servicekit.live import Audience
from servicekit.personal_data.handlers import PersonalDataHandlers


async def serve(kit: Kit[Settings]) -> None:
    """Puts the parts together and serves until told to stop."""
    settings = kit.settings
    database = await kit.database()
    store = PostgresStore(database)
    catalogue = ContentCatalogue(kit.channel(settings.content_address, "content"), settings.content_timeout)
    moderator = InferenceModerator(kit.channel(settings.inference_address, "inference"), settings.moderation_timeout)
    videos = PublicVideos(store.reads, catalogue)
    audience = Audience[Change](INSTEAD, seats=settings.live_streams, backlog=settings.live_backlog)
    kit.background(follow_comments(await kit.broker(), audience))
    directory = AuthDirectory(kit.channel(settings.auth_address, "auth"), settings.mentions_timeout)
    mentioning = Mentioning(directory)
    authors = Authors(store.reads, utc_now)
    gate = Gate(moderator, settings.rules(), utc_now)
    comments = CommentHandlers(
        Discussion(store, videos, gate, authors, mentioning, utc_now, new_id, deepest=settings.thread_depth),
        Editing(store, gate, authors, mentioning, utc_now, window=settings.edit_window),
        Reporting(store, utc_now, threshold=settings.report_threshold),
        Moderation(store, utc_now, new_id),
        Appeals(store, utc_now),
        authors,
        LiveComments(videos, store.reads, audience, heartbeat=settings.heartbeat),
        utc_now,
    )
    stars = Stars(store, videos, authors, utc_now, own_ratings=settings.own_ratings)
    await kit.serve(
        (add_CommentServiceServicer_to_server, comments),
        (add_RatingServiceServicer_to_server, RatingHandlers(stars)),
        (add_PersonalDataServiceServicer_to_server, PersonalDataHandlers(database, EVERYTHING)),
    )


if __name__ == "__main__":
    run("community", Settings, serve)
