"""When lessons should be ready: by what lessons took, how many workers there are, and what is told meanwhile."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from integration.content.looking import get_video, rows

from content_service.domain import Lesson, Stage, Wish
from content_service.domain.estimates import FIRST_GUESS
from content_service.lesson.script import Difficulty, Subject
from content_service.ports import UnitOfWork
from content_service.storage import PostgresUnitOfWork
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1 import content_service_pb2 as pb
from servicekit.caller import Caller
from servicekit.clock import utc_now
from servicekit.ids import new_id

_WISH = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)


@pytest.fixture
async def video(content, loopback) -> tuple[pb.Video, Any]:
    """A video in the queue and its creator's metadata."""
    me = loopback.as_user(new_id())
    return await content.videos.CreateVideo(_WISH, metadata=me), me


async def test_estimates_come_from_what_lessons_took_and_how_many_workers_there_are(
    content, video, loopback, urls
) -> None:
    await content.generation("w").next()
    rows(urls, "UPDATE generation_stages SET seconds = 5")  # forty seconds a lesson
    me = loopback.as_user(new_id())
    request = pb.BatchCreateVideosRequest(requests=[pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)] * 4)

    async def seconds() -> list[float]:
        videos = (await content.videos.BatchCreateVideos(request, metadata=me)).videos
        return [video.estimated_completion_time.seconds - video.create_time.seconds for video in videos]

    assert await seconds() == [40, 80, 120, 160]
    for worker in ("a", "b"):
        await content.generation(worker).housekeep()
    assert await seconds() == [120, 120, 160, 160]
    rows(urls, "UPDATE generation_workers SET seen_time = now() - interval '5 minutes' WHERE worker = 'a'")
    assert (await seconds())[0] == 360
    rows(urls, "UPDATE generation_jobs SET stage = 'queued' WHERE finish_time IS NOT NULL")  # as of one that failed
    assert (await seconds())[0] == 13 * FIRST_GUESS.total_seconds()


async def _made(units: UnitOfWork, difficulty: Difficulty, seconds: float, now: datetime) -> None:
    """A lesson that two stages made in so many seconds together."""
    video_id, half = new_id(), seconds / 2
    async with units() as work:
        video = await work.add_video(video_id, new_id(), Wish("Adding up", Subject.MATH, difficulty), now, now)
        assert video
        await work.add_job(video, 1, batch=False)
        assert await work.claim("w", now, now)
        await work.record(video_id, "w", Stage.SCRIPT, b"", half, now)
        await work.finish(video_id, "w", Lesson("Title", "", [], [], [], 9.0, [], [], {}, []), half, now)


async def test_a_difficulty_takes_what_its_lessons_among_the_last_fifty_took_on_average(database, reads) -> None:
    units, now = PostgresUnitOfWork(database, Caller.service("content")), utc_now()
    old, intro, honors = [1000.0] * 5, [10.0, 30.0] * 24, [40.0, 60.0]
    for number, seconds in enumerate(old + intro + honors):
        difficulty = Difficulty.HONORS if seconds in honors else Difficulty.INTRO
        await _made(units, difficulty, seconds, now + timedelta(seconds=number))
    typical = (await reads.queue(new_id())).typical
    assert typical == {"INTRO": timedelta(seconds=20), "HONORS": timedelta(seconds=50)}


async def test_lessons_that_are_withdrawn_or_deleted_still_tell_how_long_lessons_take(
    content, video, loopback, urls
) -> None:
    other = await content.videos.CreateVideo(_WISH, metadata=video[1])
    for _ in range(2):
        await content.generation("w").next()
    rows(urls, "UPDATE generation_stages SET seconds = 5")  # forty seconds a lesson
    withdraw = pb.SetVideoStatusRequest(video_id=other.id, status=pb.VIDEO_STATUS_REJECTED, reason="No.")
    await content.videos.SetVideoStatus(withdraw, metadata=loopback.as_user(new_id(), "MODERATOR"))
    await content.videos.DeleteVideo(pb.DeleteVideoRequest(video_id=video[0].id), metadata=video[1])
    assert rows(urls, "SELECT stage, percent FROM generation_jobs") == [("done", 100)] * 2
    asked = await content.videos.CreateVideo(_WISH, metadata=video[1])
    assert asked.estimated_completion_time.seconds - asked.create_time.seconds == 40


async def test_a_lesson_being_made_tells_when_it_should_be_ready(content, video, urls) -> None:
    seen: list[pb.VideoProgress] = []
    began = asyncio.Event()

    async def watch() -> None:
        request = pb.WatchVideoRequest(video_id=video[0].id)
        async for progress in content.videos.WatchVideo(request, metadata=video[1]):
            seen.append(progress)
            began.set()

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(watch())
        await began.wait()
        group.create_task(content.generation("w").next())
    assert all(progress.HasField("estimated_completion_time") for progress in seen[:-1])
    assert not seen[-1].HasField("estimated_completion_time")
    assert not (await get_video(content, video)).HasField("estimated_completion_time")
