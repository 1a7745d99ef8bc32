"""Lessons that are stopped at any moment: at every stage of their making, and while somebody asks for them again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg
import pytest
from integration.content.looking import get_video, rows

from content_service.domain import PIPELINE, Lesson, Progress, Stage, Status
from content_service.errors import LeaseLost, MoveNotAllowed
from content_service.ports import Announcer
from content_service.storage import PostgresUnitOfWork, PostgresWork
from content_service.use_cases.generation import Generation
from content_service.use_cases.managing import Management
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1 import content_service_pb2 as pb
from servicekit.caller import Caller, Role, acting_as
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.ids import new_id

_LESSON = Lesson("Title", "", [], [], [], 9.0, [], [], {}, [])


@pytest.fixture
def owner() -> Caller:
    return Caller(new_id(), Role.STUDENT)


@pytest.fixture
async def video(content, loopback, owner) -> tuple[pb.Video, Any]:
    """A video in the queue and its creator's metadata."""
    me = loopback.as_user(owner.id)
    request = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    return await content.videos.CreateVideo(request, metadata=me), me


class StoppedAt:
    """An announcer; as a stage is announced for the first time, its lesson is cancelled."""

    def __init__(self, announcer: Announcer, stage: Stage, content: Any, video: tuple[pb.Video, Any]) -> None:
        self._announcer, self._stage, self._content, self._video = announcer, stage, content, video
        self.stopped = False

    async def announce(self, progress: Progress) -> None:
        await self._announcer.announce(progress)
        if progress.stage is self._stage and not self.stopped:
            self.stopped = True
            request = pb.CancelVideoRequest(video_id=self._video[0].id)
            await self._content.videos.CancelVideo(request, metadata=self._video[1])


@pytest.mark.parametrize("stage", PIPELINE)
async def test_a_lesson_cancelled_at_any_stage_stays_so_until_a_retry_goes_on_from_there(
    content, video, urls, stage
) -> None:
    announcer = StoppedAt(content.tools.announcer, stage, content, video)
    assert await Generation("w", replace(content.tools, announcer=announcer)).next()
    assert (await get_video(content, video)).status == pb.VIDEO_STATUS_FAILED
    assert not [*content.media.parent.glob("*media*/*/*")]
    done = dict(rows(urls, "SELECT stage, create_time FROM generation_stages"))
    assert [*done] == [before.value for before in PIPELINE[: PIPELINE.index(stage)]]
    await content.videos.RetryVideo(pb.RetryVideoRequest(video_id=video[0].id), metadata=video[1])
    assert await content.generation("w").next()
    assert (await get_video(content, video)).status == pb.VIDEO_STATUS_PUBLIC
    assert done.items() <= dict(rows(urls, "SELECT stage, create_time FROM generation_stages")).items()


class Paused:
    """A unit of work that stands still, `after` the given step with the job, until it may `go` on."""

    def __init__(self, database: Database, after: str) -> None:
        self._database, self._after = database, after
        self.stands, self.go = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[PostgresWork]:
        stands, go, after = self.stands, self.go, self._after

        class Work(PostgresWork):
            async def stop_job(self, video_id: str, now: datetime) -> None:
                await super().stop_job(video_id, now)
                await self._pause("stop_job")

            async def requeue(self, video_id: str, now: datetime) -> None:
                await super().requeue(video_id, now)
                await self._pause("requeue")

            async def _pause(self, step: str) -> None:
                if step == after:
                    stands.set()
                    await go.wait()

        async with self._database.transaction() as transaction:
            yield Work(transaction)


@pytest.mark.parametrize("stop", ["delete", "cancel", "decide"])
async def test_a_lesson_asked_for_again_while_it_is_stopped_is_either_stopped_or_made(
    content, video, owner, urls, database, reads, stop
) -> None:
    await content.videos.CancelVideo(pb.CancelVideoRequest(video_id=video[0].id), metadata=video[1])
    paused = Paused(database, after="stop_job")
    caller = Caller(new_id(), Role.MODERATOR) if stop == "decide" else owner
    stopping = asyncio.create_task(_managed(Management(reads, paused, utc_now), caller, stop, video[0].id))
    await paused.stands.wait()
    again = Management(reads, PostgresUnitOfWork(database), utc_now)
    await _raced(asyncio.create_task(_managed(again, owner, "retry", video[0].id)), stopping, paused, urls)
    ((status, waits),) = rows(urls, "SELECT status, finish_time IS NULL FROM videos, generation_jobs")
    assert (status, waits) in [("DELETED", False), ("PENDING", True)]
    await content.generation("w").next()
    ((status,),) = rows(urls, "SELECT status FROM videos")
    assert status == ("DELETED" if stop == "delete" else "PUBLIC")


async def test_a_lesson_cancelled_while_it_is_asked_for_again_does_not_wait_for_ever(
    content, video, owner, urls, database, reads
) -> None:
    paused = Paused(database, after="requeue")
    retrying = asyncio.create_task(_managed(Management(reads, paused, utc_now), owner, "retry", video[0].id))
    await paused.stands.wait()
    at_once = Management(reads, PostgresUnitOfWork(database), utc_now)
    await _raced(asyncio.create_task(_managed(at_once, owner, "cancel", video[0].id)), retrying, paused, urls)
    assert rows(urls, "SELECT status, finish_time IS NULL FROM videos, generation_jobs") == [("FAILED", False)]


async def _managed(management: Management, caller: Caller, act: str, video_id: str) -> None:
    with acting_as(caller):
        match act:
            case "decide":
                await management.decide(video_id, Status.REJECTED, "No.")
            case _:
                await getattr(management, act)(video_id)


async def _raced(second: asyncio.Task[None], first: asyncio.Task[None], paused: Paused, urls: Any) -> None:
    """The first goes on when the second is over or waits for it; one of them may be refused."""
    async with asyncio.timeout(20):
        while not second.done() and not _someone_waits(urls):
            await asyncio.sleep(0.01)
        paused.go.set()
        outcomes = await asyncio.gather(first, second, return_exceptions=True)
    assert all(outcome is None or isinstance(outcome, MoveNotAllowed) for outcome in outcomes), outcomes


def _someone_waits(urls: Any) -> bool:
    with psycopg.connect(urls.app) as connection:
        return bool(connection.execute(_WAITING).fetchall())


# A wait for a row is one for a transaction, which `pg_locks` ascribes to no database.
_WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.mark.parametrize("status", ["PENDING", "FAILED", "DELETED"])
async def test_a_worker_publishes_only_what_is_being_made(content, video, urls, database, status) -> None:
    units = PostgresUnitOfWork(database, Caller.service("content"))
    async with units() as work:
        assert await work.claim("w", utc_now(), utc_now())
    rows(urls, "UPDATE videos SET status = %s", status)
    with pytest.raises(LeaseLost):
        async with units() as work:
            await work.finish(video[0].id, "w", _LESSON, 1.0, utc_now())
    assert rows(urls, "SELECT status, stage FROM videos, generation_jobs") == [(status, "queued")]
