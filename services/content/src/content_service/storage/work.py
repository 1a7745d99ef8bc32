"""The unit of work: videos, jobs and their events in one transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from content_service.convert import videos as convert
from content_service.domain import Job, Lesson, RatingTotals, Stage, Status, Video, Wish
from content_service.errors import LeaseLost
from content_service.storage import statements
from servicekit.caller import Caller, acting_as
from servicekit.database import Database, Statement, Transaction


class PostgresWork:
    """The adapter of `ports.Work`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add_video(self, video_id: str, owner: str, wish: Wish, now: datetime, ready: datetime) -> Video | None:
        return await self._transaction.one(
            statements.ADD_VIDEO,
            id=video_id,
            topic=wish.topic,
            subject=wish.subject.value,
            difficulty=wish.difficulty.value,
            created_by=owner,
            request_id=wish.request_id,
            now=now,
            ready=ready,
        )

    async def add_job(self, video: Video, seed: int) -> None:
        await self._transaction.execute(
            statements.ADD_JOB, video_id=video.id, owner=video.created_by, seed=seed, now=video.create_time
        )
        await self._transaction.emit("video.requested", convert.video_requested(video), video.id)

    async def claim(self, worker: str, now: datetime, until: datetime) -> Job | None:
        job = await self._transaction.one(statements.CLAIM, new_worker=worker, now=now, until=until)
        if job:
            await self._set_status(job.video_id, Status.PROCESSING, "", now)
        return job

    async def extend(self, video_id: str, worker: str, until: datetime) -> None:
        await self._as_worker(statements.EXTEND, video_id, worker, until=until)

    async def save_stage(self, video_id: str, worker: str, stage: Stage, percent: int) -> None:
        await self._as_worker(statements.SAVE_STAGE, video_id, worker, new_stage=stage.value, new_percent=percent)

    async def save_script(self, video_id: str, worker: str, script: bytes) -> None:
        await self._as_worker(statements.SAVE_SCRIPT, video_id, worker, new_script=script)

    async def finish(self, video_id: str, worker: str, lesson: Lesson, now: datetime) -> None:
        await self._end(video_id, worker, Stage.DONE, 100, now)
        video = await self._transaction.one(
            statements.PUBLISH,
            video_id=video_id,
            new_title=lesson.title,
            new_summary=lesson.summary,
            new_key_points=lesson.key_points,
            new_timestamps=lesson.timestamps,
            new_chapters=lesson.chapters,
            new_duration=lesson.duration,
            new_tags=lesson.tags,
            new_transcript=lesson.transcript,
            new_provenance=lesson.provenance,
            now=now,
        )
        if video:
            await self._transaction.emit("video.status_changed", convert.status_changed(video), video_id)
            await self._transaction.emit("video.created", convert.video_created(video), video_id)

    async def release(self, video_id: str, worker: str, attempts: int, not_before: datetime) -> None:
        await self._as_worker(statements.RELEASE, video_id, worker, made=attempts, later=not_before)

    async def fail(self, video_id: str, worker: str, status: Status, message: str, now: datetime) -> None:
        await self._end(video_id, worker, Stage.QUEUED, 0, now)
        await self._set_status(video_id, status, message, now)

    async def apply_rating(self, totals: RatingTotals) -> None:
        await self._transaction.execute(
            statements.APPLY_RATING,
            video_id=totals.video_id,
            new_sum=totals.sum,
            new_count=totals.count,
            new_version=totals.version,
        )

    async def apply_comment_count(self, video_id: str, count: int, version: int) -> None:
        await self._transaction.execute(
            statements.APPLY_COMMENT_COUNT, video_id=video_id, new_count=count, new_version=version
        )

    async def _end(self, video_id: str, worker: str, stage: Stage, percent: int, now: datetime) -> None:
        await self._as_worker(statements.END_JOB, video_id, worker, new_stage=stage.value, new_percent=percent, now=now)

    async def _set_status(self, video_id: str, status: Status, message: str, now: datetime) -> None:
        video = await self._transaction.one(
            statements.SET_STATUS, video_id=video_id, new_status=status.value, message=message, now=now
        )
        if video:
            await self._transaction.emit("video.status_changed", convert.status_changed(video), video_id)

    async def _as_worker(self, statement: Statement[Any], video_id: str, worker: str, **values: Any) -> None:
        if not await self._transaction.execute(statement, video_id=video_id, owner_worker=worker, **values):
            raise LeaseLost(video_id)


class PostgresUnitOfWork:
    """The adapter of `ports.UnitOfWork`. `caller` is for processes that act for themselves."""

    def __init__(self, database: Database, caller: Caller | None = None) -> None:
        self._database = database
        self._caller = caller

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[PostgresWork]:
        if self._caller:
            with acting_as(self._caller):
                async with self._database.transaction() as transaction:
                    yield PostgresWork(transaction)
        else:
            async with self._database.transaction() as transaction:
                yield PostgresWork(transaction)
