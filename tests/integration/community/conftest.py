"""The community service on real PostgreSQL and NATS, called over loopback; content and inference are servicers of the test."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from background import ended
from fakes.community.made import a_video
from fakes.community.peers import ContentServicer, InferenceServicer, UserServicer
from fakes.community.watch import Watch
from loopback import Loopback

from community_service.clients import AuthDirectory, ContentCatalogue, InferenceModerator
from community_service.consumers import follow_comments
from community_service.domain.changes import Change
from community_service.domain.comments import Video
from community_service.domain.phases import Rules
from community_service.handlers import CommentHandlers, RatingHandlers
from community_service.storage import PostgresStore
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
from littlemonster.auth.v1.user_service_pb2_grpc import add_UserServiceServicer_to_server
from littlemonster.community.v1.community_service_pb2_grpc import (
    CommentServiceStub,
    RatingServiceStub,
    add_CommentServiceServicer_to_server,
    add_RatingServiceServicer_to_server,
)
from littlemonster.content.v1 import content_service_pb2 as content
from littlemonster.content.v1.content_service_pb2_grpc import add_VideoServiceServicer_to_server
from littlemonster.inference.v1.inference_service_pb2_grpc import add_ModerationServiceServicer_to_server
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.live import Audience
from servicekit.messaging.broker import Broker
from servicekit.messaging.relay import Relay

TIMEOUT = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Community:
    """The running service and its surroundings."""

    comments: CommentServiceStub
    ratings: RatingServiceStub
    content: ContentServicer
    inference: InferenceServicer
    users: UserServicer
    store: PostgresStore
    audience: Audience[Change]
    watch: Watch


@pytest.fixture
def database_url(make_database: Callable[[str], Any]) -> str:
    return make_database("community").app


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, name="community", size=8)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def broker(backing: Any) -> AsyncIterator[Broker]:
    broker = Broker(backing.nats_url, name="community")
    await broker.connect()
    yield broker
    await broker.close()


@pytest.fixture
def video() -> Video:
    """A PUBLIC video that content knows and no event told of."""
    return a_video()


@pytest.fixture
def rules() -> Rules:
    """Tests that write a lot mean nothing by it."""
    return Rules(repeat_window=timedelta(0), rate=0)


@pytest.fixture
async def running() -> AsyncIterator[Callable[[Coroutine[Any, Any, None]], None]]:
    """Runs background work until the test ends."""
    async with AsyncExitStack() as stack:

        def start(work: Coroutine[Any, Any, None]) -> None:
            stack.push_async_callback(ended, asyncio.create_task(work))

        yield start


@pytest.fixture
async def community(
    loopback: Loopback,
    database: Database,
    broker: Broker,
    video: Video,
    rules: Rules,
    running: Callable[[Coroutine[Any, Any, None]], None],
) -> Community:
    known = content.Video(id=video.id, created_by=video.created_by, status=content.VIDEO_STATUS_PUBLIC)
    peers = ContentServicer(known), InferenceServicer(), UserServicer()
    peer_address = await loopback.serve(
        [
            (add_VideoServiceServicer_to_server, peers[0]),
            (add_ModerationServiceServicer_to_server, peers[1]),
            (add_UserServiceServicer_to_server, peers[2]),
        ]
    )
    channel = loopback.channel(peer_address, as_service="community")
    store, audience = PostgresStore(database), Audience[Change](INSTEAD)
    videos = PublicVideos(store.reads, ContentCatalogue(channel, TIMEOUT))
    moderator = InferenceModerator(channel, TIMEOUT)
    mentioning = Mentioning(AuthDirectory(channel, TIMEOUT))
    authors, gate = Authors(store.reads, utc_now), Gate(moderator, rules, utc_now)
    comments = CommentHandlers(
        Discussion(store, videos, gate, authors, mentioning, utc_now, new_id),
        Editing(store, gate, authors, mentioning, utc_now, window=timedelta(hours=1)),
        Reporting(store, utc_now, threshold=3),
        Moderation(store, utc_now, new_id),
        Appeals(store, utc_now),
        authors,
        LiveComments(videos, store.reads, audience, heartbeat=timedelta(hours=1)),
        utc_now,
    )
    stars = Stars(store, videos, authors, utc_now, own_ratings=False)
    running(follow_comments(broker, audience))
    running(Relay(broker, database).run())
    address = await loopback.serve(
        [
            (add_CommentServiceServicer_to_server, comments),
            (add_RatingServiceServicer_to_server, RatingHandlers(stars)),
        ]
    )
    client = loopback.channel(address)
    return Community(
        CommentServiceStub(client), RatingServiceStub(client), *peers, store, audience, Watch(loopback, address)
    )
