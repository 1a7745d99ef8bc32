"""Asking for a lesson: what is saved, what is refused, who sees it."""

import asyncio

import psycopg
import pytest

from content_service.clients.live import BrokerFollower
from content_service.domain import Wish
from content_service.errors import TooManyLessons, TopicNotSupported, TopicRejected
from content_service.lesson.script import Difficulty, Subject
from content_service.storage import PostgresUnitOfWork
from content_service.use_cases.videos import Videos
from littlemonster.common.v1.study_pb2 import DIFFICULTY_STANDARD, SUBJECT_MATH
from littlemonster.content.v1.content_service_pb2 import (
    VIDEO_STATUS_FAILED,
    VIDEO_STATUS_PENDING,
    BatchCreateVideosRequest,
    CancelVideoRequest,
    CreateVideoRequest,
    DeleteVideoRequest,
    GetVideoRequest,
    RetryVideoRequest,
)
from littlemonster.content.v1.content_service_pb2_grpc import VideoServiceStub
from servicekit.caller import Caller, Role, acting_as
from servicekit.clock import utc_now
from servicekit.errors import InvalidArgument, NotFound, Unauthenticated, Unavailable
from servicekit.ids import new_id


def a_wish(topic: str = "Fractions", **fields: str) -> CreateVideoRequest:
    return CreateVideoRequest(topic=topic, subject=SUBJECT_MATH, **fields)


async def test_a_new_lesson_is_pending_with_the_time_it_should_be_ready(content, loopback) -> None:
    student = new_id()
    video = await content.videos.CreateVideo(a_wish("  Adding   fractions "), metadata=loopback.as_user(student))
    assert video.status == VIDEO_STATUS_PENDING
    assert video.difficulty == DIFFICULTY_STANDARD
    assert (video.topic, video.created_by) == ("Adding fractions", student)
    assert video.estimated_completion_time.seconds > video.create_time.seconds
    assert not video.video_url


async def test_a_repeat_with_the_same_request_id_answers_the_same_video(content, loopback, urls) -> None:
    me, request_id = loopback.as_user(new_id()), new_id()
    videos = await asyncio.gather(
        *(content.videos.CreateVideo(a_wish(request_id=request_id), metadata=me) for _ in range(10))
    )
    assert len({video.id for video in videos}) == 1
    assert _count(urls, "videos") == _count(urls, "generation_jobs") == _count(urls, "outbox") == 1


async def test_the_same_request_id_of_another_account_is_another_video(content, loopback) -> None:
    request_id = new_id()
    mine = await content.videos.CreateVideo(a_wish(request_id=request_id), metadata=loopback.as_user(new_id()))
    theirs = await content.videos.CreateVideo(a_wish(request_id=request_id), metadata=loopback.as_user(new_id()))
    assert mine.id != theirs.id


async def test_a_topic_that_fails_moderation_is_refused_with_the_reason_and_nothing_is_saved(
    content, loopback, urls
) -> None:
    content.inference.rejected.add("Insults")
    with pytest.raises(TopicRejected, match="It insults people"):
        await content.videos.CreateVideo(a_wish("Insults"), metadata=loopback.as_user(new_id()))
    assert _count(urls, "videos") == 0


async def test_a_topic_nobody_can_teach_is_refused_with_the_nearest_topics(content, loopback) -> None:
    content.inference.unknown.add("Quantum knitting")
    with pytest.raises(
        TopicNotSupported, match=r"from a checked curriculum\. Choose .* Fractions, Percentages\.$"
    ) as refused:
        await content.videos.CreateVideo(a_wish("Quantum knitting"), metadata=loopback.as_user(new_id()))
    assert refused.value.metadata["suggestions"] == "Fractions, Percentages"


async def test_without_the_inference_service_nothing_is_saved_and_the_client_may_try_again(
    serve_api, loopback, urls
) -> None:
    api = await serve_api(loopback.channel("127.0.0.1:1", as_service="content"))
    videos = VideoServiceStub(loopback.channel(api))
    with pytest.raises(Unavailable):
        await videos.CreateVideo(a_wish(), metadata=loopback.as_user(new_id()))
    assert _count(urls, "videos") == 0


async def test_a_batch_is_made_whole_in_its_order_and_again_only_where_it_is_new(content, loopback, urls) -> None:
    me, request_id = loopback.as_user(new_id()), new_id()
    wishes = [a_wish("Fractions", request_id=request_id), a_wish("Percentages"), a_wish("Fractions")]
    first = await content.videos.BatchCreateVideos(BatchCreateVideosRequest(requests=wishes), metadata=me)
    assert [video.topic for video in first.videos] == ["Fractions", "Percentages", "Fractions"]
    again = await content.videos.BatchCreateVideos(BatchCreateVideosRequest(requests=wishes[:1]), metadata=me)
    assert again.videos[0].id == first.videos[0].id
    ready = [video.estimated_completion_time.ToDatetime() for video in first.videos]
    assert ready == sorted(ready)
    assert _count(urls, "videos") == 3


class Four:
    """Lets four topics through together."""

    def __init__(self) -> None:
        self.together = asyncio.Barrier(4)
        self.asked, self.now, self.most = list[str](), 0, 0

    async def moderate(self, topic: str, subject: Subject, author: str) -> bytes:
        self.now += 1
        self.most = max(self.most, self.now)
        await self.together.wait()
        self.now -= 1
        self.asked.append(topic)
        return b""

    async def validate(self, topic: str, subject: Subject) -> bytes:
        return b""


async def test_the_topics_of_a_batch_are_all_judged_four_at_once_and_never_more(database, broker, reads) -> None:
    four, topics = Four(), [f"Fractions {number}" for number in range(48)]
    videos = Videos(reads, PostgresUnitOfWork(database), four, BrokerFollower(broker), utc_now, new_id)
    with acting_as(Caller(new_id(), Role.STUDENT)):
        async with asyncio.timeout(60):
            made = await videos.create_all([Wish(topic, Subject.MATH, Difficulty.INTRO) for topic in topics])
    assert [video.topic for video in made] == topics
    assert sorted(four.asked) == sorted(topics)
    assert four.most == 4


async def test_a_batch_with_one_topic_that_is_refused_saves_none(content, loopback, urls) -> None:
    content.inference.rejected.add("Insults")
    request = BatchCreateVideosRequest(requests=[a_wish(), a_wish("Insults")])
    with pytest.raises(TopicRejected):
        await content.videos.BatchCreateVideos(request, metadata=loopback.as_user(new_id()))
    assert _count(urls, "videos") == 0


async def test_a_request_id_whose_video_was_deleted_finds_nothing_any_more(content, loopback) -> None:
    me, request_id = loopback.as_user(new_id()), new_id()
    video = await content.videos.CreateVideo(a_wish(request_id=request_id), metadata=me)
    await content.videos.DeleteVideo(DeleteVideoRequest(video_id=video.id), metadata=me)
    with pytest.raises(NotFound, match="There is no video"):
        await content.videos.CreateVideo(a_wish(request_id=request_id), metadata=me)


async def test_one_account_may_have_so_many_lessons_waiting_and_others_still_get_theirs(content, loopback) -> None:
    me = loopback.as_user(new_id())
    batch = BatchCreateVideosRequest(requests=[a_wish()] * 50)
    await content.videos.BatchCreateVideos(batch, metadata=me)
    with pytest.raises(TooManyLessons) as refused:
        await content.videos.BatchCreateVideos(batch, metadata=me)
    assert refused.value.retry_after
    await content.videos.CreateVideo(a_wish(), metadata=loopback.as_user(new_id()))


async def test_asking_many_times_at_once_gets_no_more_lessons_waiting_than_asking_one_by_one(
    content, loopback, urls
) -> None:
    me, batch = loopback.as_user(new_id()), BatchCreateVideosRequest(requests=[a_wish()] * 20)
    asked = await asyncio.gather(
        *(content.videos.BatchCreateVideos(batch, metadata=me) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(answer, TooManyLessons) for answer in asked) == 5
    assert _count(urls, "generation_jobs") == 60


async def test_cancelled_lessons_are_not_retried_beyond_what_one_account_may_have_waiting(content, loopback) -> None:
    me = loopback.as_user(new_id())
    video = await content.videos.CreateVideo(a_wish(), metadata=me)
    await content.videos.CancelVideo(CancelVideoRequest(video_id=video.id), metadata=me)
    for size in (50, 10):
        await content.videos.BatchCreateVideos(BatchCreateVideosRequest(requests=[a_wish()] * size), metadata=me)
    retry = RetryVideoRequest(video_id=video.id)
    with pytest.raises(TooManyLessons) as refused:
        await content.videos.RetryVideo(retry, metadata=me)
    assert refused.value.metadata["waiting"] == "60"
    left = await content.videos.GetVideo(GetVideoRequest(video_id=video.id), metadata=me)
    assert left.status == VIDEO_STATUS_FAILED
    # Who replays what was given up does not wait for its creator.
    await content.videos.RetryVideo(retry, metadata=loopback.as_user(new_id(), "MODERATOR"))


async def test_what_is_not_public_is_its_creators_and_moderators_alone(content, loopback) -> None:
    mine = loopback.as_user(new_id())
    video = await content.videos.CreateVideo(a_wish(), metadata=mine)
    request = GetVideoRequest(video_id=video.id)
    assert (await content.videos.GetVideo(request, metadata=mine)).id == video.id
    assert (await content.videos.GetVideo(request, metadata=loopback.as_user(new_id(), "MODERATOR"))).id == video.id
    with pytest.raises(NotFound, match="There is no video"):
        await content.videos.GetVideo(request, metadata=loopback.as_user(new_id()))
    with pytest.raises(Unauthenticated):
        await content.videos.GetVideo(request)


@pytest.mark.parametrize(
    "topic", ["", "x", " " * 10, "a\x00b", "line\nbreak", "x" * 201, "\x7f" * 5, "\u202eesrever\u202c"]
)
async def test_a_topic_that_is_not_plain_words_is_refused_by_name(content, loopback, topic: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await content.videos.CreateVideo(a_wish(topic), metadata=loopback.as_user(new_id()))
    assert "topic" in refused.value.fields


@pytest.mark.parametrize("topic", ["عربى", "数学の分数", "🧮🧮🧮🧮"])
async def test_words_of_any_script_are_welcome(content, loopback, topic: str) -> None:
    assert (await content.videos.CreateVideo(a_wish(topic), metadata=loopback.as_user(new_id()))).topic == topic


async def test_another_account_reads_nothing_through_the_database_either(content, loopback, urls) -> None:
    owner = new_id()
    await content.videos.CreateVideo(a_wish(), metadata=loopback.as_user(owner))
    assert _seen(urls.app, owner, "STUDENT") == (1, 1)
    assert _seen(urls.app, new_id(), "STUDENT") == (0, 0)
    assert _seen(urls.app, "", "") == (0, 0)


def _count(urls, table: str) -> int:
    """As the service itself: everything."""
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT set_config('lm.role', 'SERVICE', true)")
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def _seen(url: str, user_id: str, role: str) -> tuple[int, int]:
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT set_config('lm.user_id', %s, true), set_config('lm.role', %s, true)", (user_id, role)
        )
        videos = connection.execute("SELECT count(*) FROM videos").fetchone()[0]
        return videos, connection.execute("SELECT count(*) FROM generation_jobs").fetchone()[0]
