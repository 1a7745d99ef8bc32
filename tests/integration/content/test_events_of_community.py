"""Ratings and comment counts from community: exactly once in effect, in any order, through redelivery and failure."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from background import ended

from content_service.clients.media import MediaStore
from content_service.consumers import Events
from content_service.errors import MediaNotStored
from content_service.storage import PostgresWork
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.community.v1.community_events_pb2 import CommentCreated, RatingDeleted, RatingSubmitted
from littlemonster.content.v1.content_events_pb2 import VideoDeleted
from littlemonster.content.v1.content_service_pb2 import CreateVideoRequest, GetVideoRequest, Video
from servicekit.ids import new_id
from servicekit.messaging.broker import EVENTS as STREAM
from servicekit.messaging.broker import Broker
from servicekit.messaging.consumer import Consumer, on
from servicekit.messaging.dead_letters import DeadLetter, dead_letters, replay

DURABLE = "content"
PATIENCE_SECONDS = 60


@pytest.fixture
async def broker(own_nats: str) -> AsyncIterator[Broker]:
    """Of a NATS whose events are this test's: a consumer begins with the oldest, and what nobody can read nobody else meets."""
    broker = Broker(own_nats, name="content")
    await broker.connect()
    yield broker
    await broker.close()


@pytest.fixture
async def video(content, loopback) -> tuple[Video, Any]:
    me = loopback.as_user(new_id())
    return await content.videos.CreateVideo(CreateVideoRequest(topic="Adding", subject=SUBJECT_MATH), metadata=me), me


@pytest.fixture
def events(tmp_path: Path) -> Events:
    return Events(PostgresWork, MediaStore(tmp_path / "media", "", "").media)


@pytest.fixture
async def consume(broker, database, events):
    """Runs a consumer until the test ends."""
    tasks = []

    def start(handlers: Any = None, retry_seconds: Sequence[float] = (0.05, 0.05)) -> None:
        handlers = handlers or events.handlers()
        consumer = Consumer(broker, database, durable=DURABLE, handlers=handlers, retry_seconds=retry_seconds)
        tasks.append(asyncio.create_task(consumer.run()))

    yield start
    await ended(*tasks)


async def _publish(broker: Any, subject: str, message: Any, event_id: str) -> None:
    """Under a new message id each time, so that JetStream delivers a repeat as well."""
    headers = {"ce-id": event_id, "Nats-Msg-Id": new_id()}
    await (await broker.jetstream()).publish(subject, message.SerializeToString(), headers=headers)


def _rating(video_id: str, *, total: int, count: int, version: int) -> RatingSubmitted:
    totals = {"sum": total, "count": count, "version": version, "histogram": [0] * 5}
    return RatingSubmitted(video_id=video_id, user_id=new_id(), stars=5, totals=totals)


async def _until(content, video, expected) -> Video:
    request = GetVideoRequest(video_id=video[0].id)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not expected(current := await content.videos.GetVideo(request, metadata=video[1])):
            await asyncio.sleep(0.02)
    return current


async def test_a_rating_event_delivered_three_times_is_applied_once(content, video, consume, broker, events) -> None:
    applied: list[int] = []

    async def counted(event: RatingSubmitted, transaction: Any) -> None:
        applied.append(event.totals.version)
        await events.rated(event, transaction)

    consume([on("rating.submitted", RatingSubmitted, counted)])
    event_id = new_id()
    for _ in range(3):
        await _publish(broker, "rating.submitted", _rating(video[0].id, total=5, count=1, version=1), event_id)
    await _publish(broker, "rating.submitted", _rating(video[0].id, total=9, count=2, version=2), new_id())
    current = await _until(content, video, lambda v: v.rating_count == 2)
    assert current.rating_avg == 4.5
    assert applied == [1, 2]


async def test_rating_events_in_the_wrong_order_leave_the_newest_sums(content, video, consume, broker) -> None:
    consume()
    lesson = video[0].id
    gone = RatingDeleted(video_id=lesson, totals={"sum": 4, "count": 1, "version": 4})
    await _publish(broker, "rating.deleted", gone, new_id())
    for version, (total, count) in ((3, (7, 2)), (1, (5, 1)), (2, (9, 2))):
        event = _rating(lesson, total=total, count=count, version=version)
        await _publish(broker, "rating.submitted", event, new_id())
    last = CommentCreated(comment={"video_id": lesson}, comment_count=1, version=1)
    await _publish(broker, "comment.created", last, new_id())
    current = await _until(content, video, lambda v: v.comment_count == 1)
    assert (current.rating_count, current.rating_avg) == (1, 4.0)


async def test_a_consumer_that_dies_between_commit_and_acknowledgement_changes_nothing_twice(
    content, video, broker, database, consume
) -> None:
    consume()
    event_id = new_id()
    await _publish(broker, "rating.submitted", _rating(video[0].id, total=5, count=1, version=1), event_id)
    await _until(content, video, lambda v: v.rating_count == 1)
    await _publish(broker, "rating.submitted", _rating(video[0].id, total=99, count=9, version=9), event_id)
    await _publish(broker, "comment.created", _comment(video[0].id), new_id())
    current = await _until(content, video, lambda v: v.comment_count == 1)
    assert current.rating_count == 1


def _comment(video_id: str) -> CommentCreated:
    return CommentCreated(comment={"id": new_id(), "video_id": video_id}, comment_count=1, version=1)


async def test_an_event_that_keeps_failing_is_parked_with_its_reason_and_can_be_replayed(
    content, video, consume, broker, events
) -> None:
    broken, attempts = [True], []

    async def sometimes(event: RatingSubmitted, transaction: Any) -> None:
        if broken:
            attempts.append(event)
            raise RuntimeError("the moon is in the way")
        await events.rated(event, transaction)

    consume([on("rating.submitted", RatingSubmitted, sometimes)])
    event_id = new_id()
    await _publish(broker, "rating.submitted", _rating(video[0].id, total=5, count=1, version=1), event_id)
    jetstream = await broker.jetstream()
    letter = await _parked(jetstream)
    assert (letter.subject, letter.event_id, letter.consumer) == ("rating.submitted", event_id, DURABLE)
    assert "the moon is in the way" in letter.reason
    assert len(attempts) == 3  # the first, and one after each pause
    await _settled(jetstream)
    broken.clear()
    await replay(jetstream, letter.sequence)
    assert (await _until(content, video, lambda v: v.rating_count == 1)).rating_avg == 5.0
    assert not [left async for left in dead_letters(jetstream)]


async def test_media_of_a_deleted_lesson_are_removed_however_long_their_store_was_away(consume, broker) -> None:
    deleted, attempts, removed = new_id(), [], asyncio.Event()

    class AwayForLong:
        async def remove(self, video_id: str) -> None:
            attempts.append(video_id)
            if len(attempts) < 6:  # what fails is tried three times here
                raise MediaNotStored(cause="it is away")
            removed.set()

    consume([on("video.deleted", VideoDeleted, Events(PostgresWork, AwayForLong()).deleted)])
    await _publish(broker, "video.deleted", VideoDeleted(video_id=deleted), new_id())
    async with asyncio.timeout(PATIENCE_SECONDS):
        await removed.wait()


async def test_an_event_nobody_can_decode_is_parked_at_once(consume, broker) -> None:
    consume(retry_seconds=(3600,))
    jetstream = await broker.jetstream()
    await jetstream.publish("rating.submitted", b"\xff\xff\xff", headers={"ce-id": new_id()})
    assert "DecodeError" in (await _parked(jetstream)).reason


async def _settled(jetstream: Any) -> None:
    """Returns once the consumer owes no answer, so that nothing comes again."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await jetstream.consumer_info(STREAM, DURABLE)).num_ack_pending:
            await asyncio.sleep(0.05)


async def _parked(jetstream: Any) -> DeadLetter:
    """The event that was given up."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (letters := [letter async for letter in dead_letters(jetstream)]):
            await asyncio.sleep(0.05)
    (letter,) = letters
    return letter


async def test_the_outbox_reaches_jetstream_once_though_the_relay_publishes_it_twice(
    content, video, broker, urls
) -> None:
    from servicekit.messaging.outbox import OutboxEvent

    with psycopg.connect(urls.app) as connection:
        row = connection.execute(
            "SELECT position, id::text, subject, about, source, type, payload, traceparent, create_time FROM outbox"
        ).fetchone()
    event = OutboxEvent(*row)
    jetstream = await broker.jetstream()
    first = await jetstream.publish(event.subject, event.payload, headers=event.headers())
    second = await jetstream.publish(event.subject, event.payload, headers=event.headers())
    assert (first.duplicate, second.duplicate) == (None, True)
    assert first.seq == second.seq
