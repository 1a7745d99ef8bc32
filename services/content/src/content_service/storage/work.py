"""The unit of work: videos, jobs and their events in one transaction."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from content_service.convert import videos as convert
from content_service.domain import (
    CAME_FROM,
    Job,
    Lesson,
    Links,
    Place,
    RatingTotals,
    Stage,
    Status,
    Video,
    Wish,
    below_gateway,
    forecasts,
    other_names,
    percent_of,
    time_left,
)
from content_service.errors import LeaseLost
from content_service.storage import job_statements as jobs
from content_service.storage import queue_statements as queue
from content_service.storage import search_index, statements, view_statements
from content_service.storage import stage_statements as stages
from servicekit.caller import Caller, acting_as
from servicekit.database import Database, Statement, Transaction
from servicekit.telemetry.traces import trace_headers

LinksFor = Callable[[str], Links]


class PostgresWork:
    """The adapter of `ports.Work`."""

    def __init__(self, transaction: Transaction, links: LinksFor = below_gateway) -> None:
        """`links` are what events tell of a lesson's files."""
        self._transaction = transaction
        self._links = links

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

    async def add_job(self, video: Video, seed: int, *, batch: bool) -> None:
        await self._transaction.execute(
            jobs.ADD_JOB,
            video_id=video.id,
            owner=video.created_by,
            seed=seed,
            in_batch=batch,
            now=video.create_time,
            trace=trace_headers().get("traceparent", ""),
        )
        await self.tell_requested(video)

    async def take_turn(self, owner: str) -> None:
        await self._transaction.one(jobs.TAKE_TURN, owner=owner)

    async def waiting(self, owner: str) -> int:
        return await self._transaction.one(jobs.WAITING, of_owner=owner) or 0

    async def claim(self, worker: str, now: datetime, until: datetime) -> Job | None:
        job = await self._transaction.one(queue.CLAIM, new_worker=worker, now=now, until=until)
        if job is None:
            return None
        done = dict(await self._transaction.all(stages.DONE, of_video=job.video_id))
        typical = dict(await self._transaction.all(stages.TYPICAL))
        ready = now + time_left(typical, job.difficulty, max((percent_of(stage, 1.0) for stage in done), default=0))
        await self.expect(job.video_id, ready)
        await self.move(job.video_id, Status.PROCESSING, "", now)
        return replace(job, done=done, ready=ready)

    async def expect(self, video_id: str, ready: datetime) -> None:
        await self._transaction.execute(statements.EXPECT, video_id=video_id, ready=ready)

    async def foretell(self, now: datetime, seen: datetime) -> None:
        workers = await self._transaction.one(stages.WORKERS, since=seen)
        typical = dict(await self._transaction.all(stages.TYPICAL))
        times = forecasts(now, await self._transaction.all(queue.LINE, now=now), workers or 1, typical)
        if times:
            await self._transaction.execute(queue.FORETELL, ids=list(times), times=list(times.values()))

    async def see(self, worker: str, now: datetime, forget: datetime) -> None:
        await self._transaction.execute(stages.SEE_WORKER, named=worker, now=now)
        await self._transaction.execute(stages.FORGET_WORKERS, before=forget)

    async def free(self, worker: str) -> None:
        await self._transaction.execute(jobs.FREE, former=worker)

    async def extend(self, video_id: str, worker: str, until: datetime) -> None:
        await self._as_worker(jobs.EXTEND, video_id, worker, until=until)

    async def save_stage(self, video_id: str, worker: str, stage: Stage, percent: int) -> None:
        await self._as_worker(jobs.SAVE_STAGE, video_id, worker, new_stage=stage.value, new_percent=percent)

    async def record(
        self, video_id: str, worker: str, stage: Stage, artifact: bytes, seconds: float, now: datetime
    ) -> None:
        await self._as_worker(jobs.NEXT_STAGE, video_id, worker)
        await self._save(video_id, stage, artifact, seconds, now)

    async def finish(self, video_id: str, worker: str, lesson: Lesson, seconds: float, now: datetime) -> None:
        await self._end(video_id, worker, Stage.DONE, 100, now)
        await self._save(video_id, Stage.PUBLISH, b"", seconds, now)
        video = await self._transaction.one(
            statements.PUBLISH,
            video_id=video_id,
            came_from=_origins(Status.PUBLIC),
            new_title=lesson.title,
            new_summary=lesson.summary,
            new_key_points=lesson.key_points,
            new_timestamps=lesson.timestamps,
            new_chapters=lesson.chapters,
            new_duration=lesson.duration,
            new_tags=lesson.tags,
            new_cues=lesson.cues,
            new_provenance=lesson.provenance,
            now=now,
        )
        if video is None:
            raise LeaseLost(video_id)
        names = other_names(video.title, video.topic, lesson.aliases)
        for statement in search_index.ADDED:
            await self._transaction.execute(statement, video_id=video_id, names=names)
        await self._transaction.emit("video.status_changed", convert.status_changed(video), video_id)
        await self.tell_created(video)

    async def release(self, video_id: str, worker: str, not_before: datetime) -> None:
        await self._as_worker(jobs.RELEASE, video_id, worker, later=not_before)

    async def fail(self, video_id: str, worker: str, status: Status, message: str, now: datetime) -> None:
        await self._end(video_id, worker, Stage.QUEUED, 0, now)
        await self.move(video_id, status, message, now)

    async def move(self, video_id: str, status: Status, message: str, now: datetime) -> Video | None:
        video = await self._transaction.one(
            statements.MOVE,
            video_id=video_id,
            came_from=_origins(status),
            new_status=status.value,
            message=message,
            final=status.final,
            now=now,
        )
        if video and status is Status.DELETED:
            await self._transaction.emit("video.deleted", convert.video_deleted(video), video_id)
        elif video:
            await self._transaction.emit("video.status_changed", convert.status_changed(video), video_id)
        return video

    async def stop_job(self, video_id: str, now: datetime) -> None:
        await self._transaction.execute(jobs.HOLD_JOB, of_video=video_id)
        await self._transaction.execute(jobs.STOP_JOB, of_video=video_id, now=now)

    async def requeue(self, video_id: str, now: datetime) -> None:
        await self._transaction.execute(jobs.HOLD_JOB, of_video=video_id)
        await self._transaction.execute(jobs.REQUEUE, of_video=video_id, now=now)

    async def tell_requested(self, video: Video) -> None:
        await self._transaction.emit("video.requested", convert.video_requested(video), video.id)

    async def tell_created(self, video: Video) -> None:
        await self._transaction.emit("video.created", convert.video_created(video, self._links(video.id)), video.id)

    async def add_view(self, video_id: str, viewer: str, hour: datetime) -> None:
        await self._transaction.execute(view_statements.ADD_VIEW, video_id=video_id, viewer=viewer, hour=hour)

    async def count_views(self) -> int:
        counts = await self._transaction.all(view_statements.COUNT_VIEWS)
        for count in counts:
            await self._transaction.emit("video.viewed", convert.video_viewed(count), count.video_id)
        return len(counts)

    async def forget_views(self, before: datetime) -> None:
        await self._transaction.execute(view_statements.FORGET_VIEWS, before=before)

    async def hold_media(self, video_id: str) -> None:
        await self._transaction.one(jobs.HOLD_MEDIA, video_id=video_id)

    async def places(self, video_ids: Sequence[str]) -> Mapping[str, Place | None]:
        return dict(await self._transaction.all(jobs.PLACES, ids=list(video_ids)))

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

    async def unnamed(self, after: str, most: int) -> Sequence[Video]:
        return await self._transaction.all(search_index.UNNAMED, after=after, most=most)

    async def name(self, video: Video, aliases: Sequence[str]) -> None:
        names = other_names(video.title, video.topic, aliases)
        for statement in search_index.NAMED:
            await self._transaction.execute(statement, video_id=video.id, names=names)

    async def _save(self, video_id: str, stage: Stage, artifact: bytes, seconds: float, now: datetime) -> None:
        await self._transaction.execute(
            stages.SAVE, of_video=video_id, of_stage=stage.value, made=artifact, took=seconds, now=now
        )

    async def _end(self, video_id: str, worker: str, stage: Stage, percent: int, now: datetime) -> None:
        await self._as_worker(jobs.END_JOB, video_id, worker, new_stage=stage.value, new_percent=percent, now=now)

    async def _as_worker(self, statement: Statement[Any], video_id: str, worker: str, **values: Any) -> None:
        if not await self._transaction.execute(statement, video_id=video_id, owner_worker=worker, **values):
            raise LeaseLost(video_id)


def _origins(status: Status) -> list[str]:
    return [origin.value for origin in CAME_FROM[status]]


class PostgresUnitOfWork:
    """The adapter of `ports.UnitOfWork`. `caller` is for processes that act for themselves."""

    def __init__(self, database: Database, caller: Caller | None = None, links: LinksFor = below_gateway) -> None:
        self._database = database
        self._caller = caller
        self._links = links

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[PostgresWork]:
        if self._caller:
            with acting_as(self._caller):
                async with self._database.transaction() as transaction:
                    yield PostgresWork(transaction, self._links)
        else:
            async with self._database.transaction() as transaction:
                yield PostgresWork(transaction, self._links)
