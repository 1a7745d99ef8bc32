"""What the mesh tells of videos: each event is applied exactly once, however often it is delivered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import grpc
import pytest
from google.protobuf.message import Message

from community_service.consumers import VideoEvents
from community_service.domain.comments import Video, VideoState
from community_service.storage import PostgresWork
from community_service.use_cases.videos import learn
from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.content.v1 import content_events_pb2 as events
from littlemonster.content.v1 import content_service_pb2 as content
from servicekit.database import Database
from servicekit.errors import NotFound
from servicekit.ids import new_id
from servicekit.messaging.broker import Broker
from servicekit.status import from_rpc_error

ADA = new_id()
Tell = Callable[..., Awaitable[None]]


@pytest.fixture
async def tell(broker: Broker, database: Database) -> AsyncIterator[Tell]:
    """Publishes an event to JetStream and applies what is delivered, as often as `times`."""
    consumer, jetstream = VideoEvents(PostgresWork).consumer(broker, database), await broker.jetstream()
    async with broker.subscribe("video.*") as delivered:

        async def tell(subject: str, event: Message, times: int = 1, event_id: str = "") -> None:
            headers = {"Nats-Msg-Id": new_id(), "ce-id": event_id or new_id()}
            await jetstream.publish(subject, event.SerializeToString(), headers=headers)
            async for message in delivered:
                if (message.headers or {}).get("ce-id") == headers["ce-id"]:
                    for _ in range(times):
                        await consumer.apply(message)
                    return

        yield tell


def _created(video: Video) -> events.VideoCreated:
    return events.VideoCreated(video=content.Video(id=video.id, created_by=video.created_by))


def _moved(video: Video, status: content.VideoStatus, version: int) -> events.VideoStatusChanged:
    return events.VideoStatusChanged(video_id=video.id, created_by=video.created_by, status=status, version=version)


async def test_content_is_not_asked_about_a_video_an_event_told_of(community, loopback, video, tell: Tell) -> None:
    await tell("video.created", _created(video))
    await community.comments.CreateComment(
        pb.CreateCommentRequest(video_id=video.id, text="Now I get it"), metadata=loopback.as_user(ADA)
    )
    assert community.content.asked == 0


async def test_a_withdrawn_video_takes_no_more_comments(community, loopback, video, tell: Tell) -> None:
    await tell("video.created", _created(video))
    await tell("video.status_changed", _moved(video, content.VIDEO_STATUS_REJECTED, 4))
    community.content.videos[video.id].status = content.VIDEO_STATUS_REJECTED
    with pytest.raises(NotFound):
        await community.comments.CreateComment(
            pb.CreateCommentRequest(video_id=video.id, text="Now I get it"), metadata=loopback.as_user(ADA)
        )


@pytest.mark.parametrize("how", ["withdrawn", "deleted"])
async def test_who_watches_the_comments_of_a_video_is_told_when_it_is_gone(community, video, tell: Tell, how) -> None:
    stream = await community.watch(video, ADA)
    if how == "withdrawn":
        await tell("video.status_changed", _moved(video, content.VIDEO_STATUS_REJECTED, 4))
    else:
        await tell("video.deleted", events.VideoDeleted(video_id=video.id, created_by=video.created_by))
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        async with asyncio.timeout(60):
            await stream.read()
    assert from_rpc_error(gone.value, "community").reason == "VIDEO_NOT_FOUND"


async def test_an_event_delivered_again_changes_nothing(community, video, tell: Tell) -> None:
    withdrawn, event_id = _moved(video, content.VIDEO_STATUS_REJECTED, 4), new_id()
    await tell("video.status_changed", withdrawn, times=2, event_id=event_id)
    async with community.store.begin() as work:
        await learn(work, Video(video.id, video.created_by, VideoState.PUBLIC, version=4))
    # Once more under another message id, as after a replay: without the inbox it would withdraw the video again.
    await tell("video.status_changed", withdrawn, event_id=event_id)
    known = await community.store.reads.videos.get(video.id)
    assert known == Video(video.id, video.created_by, VideoState.PUBLIC, version=4)


async def test_progress_of_a_video_that_is_being_made_is_of_no_interest(community, video, tell: Tell) -> None:
    await tell("video.status_changed", _moved(video, content.VIDEO_STATUS_PROCESSING, 2))
    assert await community.store.reads.videos.get(video.id) is None


async def test_a_deleted_video_takes_its_comments_and_ratings_along_even_before_its_creation_is_heard(
    community, loopback, video, tell: Tell
) -> None:
    ada = loopback.as_user(ADA)
    await community.comments.CreateComment(pb.CreateCommentRequest(video_id=video.id, text="Hello"), metadata=ada)
    await community.ratings.SubmitRating(pb.SubmitRatingRequest(video_id=video.id, stars=5), metadata=ada)
    await tell("video.deleted", events.VideoDeleted(video_id=video.id, created_by=video.created_by), times=2)
    await tell("video.created", _created(video))
    listed = await community.comments.ListComments(pb.ListCommentsRequest(video_id=video.id), metadata=ada)
    stats = await community.ratings.GetRatingStats(pb.GetRatingStatsRequest(video_id=video.id), metadata=ada)
    assert (list(listed.comments), stats.count) == ([], 0)
    for attempt in (
        community.comments.CreateComment(pb.CreateCommentRequest(video_id=video.id, text="Hello"), metadata=ada),
        community.ratings.SubmitRating(pb.SubmitRatingRequest(video_id=video.id, stars=5), metadata=ada),
    ):
        with pytest.raises(NotFound) as missing:
            await attempt
        assert missing.value.reason == "VIDEO_NOT_FOUND"
