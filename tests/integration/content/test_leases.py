"""Who makes a lesson and when: leases, heartbeats, workers that come back, and the pause before another attempt."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from integration.content.looking import get_video, rows

from content_service.clients.inference import InferenceWriter
from content_service.domain import Job, Lesson, Stage, Status
from content_service.errors import LeaseLost
from content_service.ports import UnitOfWork, Work
from content_service.storage import PostgresUnitOfWork
from content_service.use_cases import generation
from content_service.use_cases.generation import Generation
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1 import content_service_pb2 as pb
from servicekit.caller import Caller
from servicekit.clock import utc_now
from servicekit.errors import Unavailable
from servicekit.ids import new_id

_MINUTE = timedelta(minutes=1)


@pytest.fixture
async def video(content, loopback) -> tuple[pb.Video, Any]:
    """A video in the queue and its creator's metadata."""
    me = loopback.as_user(new_id())
    request = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    return await content.videos.CreateVideo(request, metadata=me), me


async def test_a_job_is_leased_to_one_worker_and_taken_over_when_the_lease_runs_out(content, video, database) -> None:
    units = PostgresUnitOfWork(database, Caller.service("content"))
    now = utc_now()
    async with units() as work:
        assert await work.claim("first", now, now)
    async with units() as work:
        taken = await work.claim("second", utc_now(), utc_now())
    assert taken is not None
    assert taken.attempts == 2
    with pytest.raises(LeaseLost):
        async with units() as work:
            await work.fail(video[0].id, "first", Status.FAILED, "late", utc_now())
    assert (await get_video(content, video)).status == pb.VIDEO_STATUS_PROCESSING


async def test_a_worker_that_lost_its_lease_can_do_nothing_to_the_lesson_any_more(video, database, urls) -> None:
    units, now, lesson = PostgresUnitOfWork(database, Caller.service("content")), utc_now(), video[0].id
    async with units() as work:
        await work.claim("late", now, now)
        await work.claim("second", now + _MINUTE, now + 2 * _MINUTE)
    before = rows(urls, "SELECT * FROM generation_jobs, videos")
    for late in (
        lambda work: work.extend(lesson, "late", now + 9 * _MINUTE),
        lambda work: work.save_stage(lesson, "late", Stage.RENDER, 90),
        lambda work: work.record(lesson, "late", Stage.SCRIPT, b"late", 1.0, now),
        lambda work: work.release(lesson, "late", now),
        lambda work: work.fail(lesson, "late", Status.FAILED, "late", now),
        lambda work: work.finish(lesson, "late", Lesson("Late", "", [], [], [], 9.0, [], [], {}, []), 1.0, now),
    ):
        with pytest.raises(LeaseLost):
            async with units() as work:
                await late(work)
    assert rows(urls, "SELECT * FROM generation_jobs, videos") == before
    assert rows(urls, "SELECT * FROM generation_stages") == []


async def test_a_worker_that_is_started_anew_frees_its_own_lessons_and_nobody_elses(video, database) -> None:
    units, now = PostgresUnitOfWork(database, Caller.service("content")), utc_now()
    async with units() as work:
        assert await work.claim("first", now, now + _MINUTE)
        await work.free("second")
        assert not await work.claim("second", now, now + _MINUTE)
        await work.free("first")
        assert await work.claim("second", now, now + _MINUTE)


async def test_ten_workers_share_ten_jobs_without_taking_one_twice(content, loopback, database) -> None:
    me = loopback.as_user(new_id())
    request = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    videos = [await content.videos.CreateVideo(request, metadata=me) for _ in range(10)]
    units = PostgresUnitOfWork(database, Caller.service("content"))

    async def claim(worker: str) -> str | None:
        async with units() as work:
            job = await work.claim(worker, utc_now(), utc_now().replace(year=2999))
        return job.video_id if job else None

    claimed = await asyncio.gather(*(claim(f"w{number}") for number in range(12)))
    assert sorted(filter(None, claimed)) == sorted(video.id for video in videos)


async def test_a_lesson_at_work_stays_with_its_worker_however_long_a_stage_takes(
    content, video, urls, monkeypatch
) -> None:
    now, taken = utc_now(), list[bool]()
    later = Generation("other", replace(content.tools, clock=lambda: now + timedelta(seconds=20)))

    class Slow(InferenceWriter):
        async def write(self, job: Job) -> bytes:
            rows(urls, "UPDATE generation_jobs SET lease_time = NULL")
            while not rows(urls, "SELECT 1 FROM generation_jobs WHERE lease_time IS NOT NULL"):
                await asyncio.sleep(0.01)
            taken.append(await later.next())
            return await super().write(job)

    monkeypatch.setattr(generation, "_HEARTBEAT_SECONDS", 0.01)
    tools = replace(content.tools, writer=Slow(content.inference_channel), clock=lambda: now)
    async with asyncio.timeout(60):
        await Generation("w", tools).next()
    assert taken == [False]
    assert (await get_video(content, video)).status == pb.VIDEO_STATUS_PUBLIC


async def test_a_lesson_is_its_worker_s_before_the_first_heartbeat(content, video, monkeypatch) -> None:
    now, taken = utc_now(), list[bool]()
    later = Generation("other", replace(content.tools, clock=lambda: now + timedelta(seconds=20)))

    class Slow(InferenceWriter):
        async def write(self, job: Job) -> bytes:
            taken.append(await later.next())
            return await super().write(job)

    monkeypatch.setattr(generation, "_HEARTBEAT_SECONDS", 3600)
    await Generation("w", replace(content.tools, writer=Slow(content.inference_channel), clock=lambda: now)).next()
    assert taken == [False]
    assert (await get_video(content, video)).status == pb.VIDEO_STATUS_PUBLIC


class Watched:
    """A unit of work, and what came of its transactions: `answered` counts those since the last that was `cut` off."""

    def __init__(self, units: UnitOfWork) -> None:
        self._units = units
        self.cut = self.answered = 0

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Work]:
        try:
            async with self._units() as work:
                yield work
            self.answered += 1
        except Unavailable:
            self.cut, self.answered = self.cut + 1, 0
            raise


async def test_a_lesson_goes_on_through_a_short_outage_of_the_database(content, video, urls, monkeypatch) -> None:
    units = Watched(content.tools.unit_of_work)

    class Outage(InferenceWriter):
        async def write(self, job: Job) -> bytes:
            with psycopg.connect(urls.app, autocommit=True) as connection:
                connection.execute(_CUT)
            while not units.cut or units.answered < 10:  # each connection of the pool has been used since
                await asyncio.sleep(0.01)
            return await super().write(job)

    monkeypatch.setattr(generation, "_HEARTBEAT_SECONDS", 0.01)
    tools = replace(content.tools, writer=Outage(content.inference_channel), unit_of_work=units)
    async with asyncio.timeout(60):
        await Generation("w", tools).next()
    assert (await get_video(content, video)).status == pb.VIDEO_STATUS_PUBLIC
    assert content.inference.asked["GenerateScript"] == 1


_CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'content'
"""


async def test_a_lesson_that_failed_waits_longer_each_time_and_keeps_no_worker_meanwhile(content, video, urls) -> None:
    content.inference.failure = Unavailable(service="inference")
    now = utc_now()
    worker = Generation("w", replace(content.tools, clock=lambda: now))
    for pause in (timedelta(seconds=2), timedelta(seconds=15)):
        assert await worker.next()
        assert rows(urls, "SELECT worker, lease_time, stage FROM generation_jobs") == [("", None, "queued")]
        now += pause - timedelta(milliseconds=1)
        assert not await worker.next()
        now += timedelta(milliseconds=1)
    content.inference.failure = None
    assert await worker.next()
    assert (await get_video(content, video)).status == pb.VIDEO_STATUS_PUBLIC
