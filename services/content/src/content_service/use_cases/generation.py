"""Making a lesson: claim a job, write, draw, publish. Each stage leaves an artefact, so a crash repeats one stage only."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

from content_service.domain import (
    GiveUp,
    Job,
    Lesson,
    Progress,
    Retry,
    Stage,
    Status,
    after_failure,
    percent_of,
    words_for,
)
from content_service.errors import LeaseLost, MediaNotStored
from content_service.lesson.errors import LessonError
from content_service.lesson.result import Rendered
from content_service.lesson.script import Difficulty, Script, Subject
from content_service.ports import Announcer, Media, Renderer, ScriptWriter, UnitOfWork
from servicekit.clock import Clock
from servicekit.errors import FailedPrecondition, InvalidArgument, ServiceError, Unavailable

_LEASE = timedelta(seconds=30)
_HEARTBEAT_SECONDS = 10.0
_UNEXPECTED = "Something went wrong while the lesson was made."
log = logging.getLogger(__name__)


class Generation:
    """Makes one video at a time.

    `worker` names this process among those that share the queue; it stays the same when the process is started anew.
    """

    def __init__(
        self,
        worker: str,
        unit_of_work: UnitOfWork,
        writer: ScriptWriter,
        renderer: Renderer,
        media: Media,
        announcer: Announcer,
        clock: Clock,
        in_trace: Callable[[str], contextlib.AbstractContextManager[object]] = contextlib.nullcontext,
    ) -> None:
        """`in_trace` opens a span of the trace that a job came with."""
        self._worker = worker
        self._unit_of_work = unit_of_work
        self._writer = writer
        self._renderer = renderer
        self._media = media
        self._announcer = announcer
        self._clock = clock
        self._in_trace = in_trace

    async def run(self, wait: Callable[[], Awaitable[None]]) -> None:
        """Makes videos until cancelled; `wait` returns when there may be a new job."""
        began = False
        while True:
            try:
                if not began:
                    await self._free()
                    began = True
                made = await self.next()
            except Unavailable as error:
                log.warning("queue not reachable", extra={"reason": error.reason})
                made = False
            if not made:
                await wait()

    async def _free(self) -> None:
        async with self._unit_of_work() as work:
            await work.free(self._worker)

    async def next(self) -> bool:
        """Makes the oldest video in the queue. Returns False when there is none."""
        now = self._clock()
        async with self._unit_of_work() as work:
            job = await work.claim(self._worker, now, now + _LEASE)
        if job is None:
            return False
        log.info("lesson claimed", extra={"video": job.video_id, "attempt": job.attempts})
        with contextlib.suppress(LeaseLost), self._in_trace(job.trace):
            await self._with_heartbeat(job)
        return True

    async def _with_heartbeat(self, job: Job) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                heartbeat = group.create_task(self._keep(job))
                await self._make_or_record(job)
                heartbeat.cancel()
        except* LeaseLost:
            log.warning("lease lost", extra={"video": job.video_id})

    async def _keep(self, job: Job) -> None:
        while True:
            await asyncio.sleep(_HEARTBEAT_SECONDS)
            async with self._unit_of_work() as work:
                await work.extend(job.video_id, self._worker, self._clock() + _LEASE)

    async def _make_or_record(self, job: Job) -> None:
        try:
            await self._make(job)
        except LeaseLost:
            raise
        except LessonError as error:
            await self._failed(job, str(error), retryable=error.retryable)
        except ServiceError as error:
            retryable = not isinstance(error, InvalidArgument | FailedPrecondition)
            await self._failed(job, error.detail, retryable=retryable)
        except Exception:
            log.exception("lesson failed", extra={"video": job.video_id})
            await self._failed(job, _UNEXPECTED, retryable=True)

    async def _make(self, job: Job) -> None:
        script, provenance = self._writer.read(await self._script(job))
        workspace, rendered = await self._render(job, script)
        # Whoever has cancelled or taken over the job meanwhile is noticed here, before anything is visible.
        await self._enter(job, Stage.PUBLISH)
        with _media_errors(job):
            self._media.publish(job.video_id, workspace)
        async with self._unit_of_work() as work:
            lesson = _lesson(script, rendered, dict(provenance))
            await work.finish(job.video_id, self._worker, lesson, self._clock())
        await self._announce(job, Stage.DONE, 1.0, Status.PUBLIC)
        log.info("lesson published", extra={"video": job.video_id, "seconds": round(rendered.duration, 1)})

    async def _script(self, job: Job) -> bytes:
        if job.script:
            return job.script
        await self._enter(job, Stage.SCRIPT)
        script = await self._writer.write(job.topic, Subject(job.subject), Difficulty(job.difficulty), job.seed)
        async with self._unit_of_work() as work:
            await work.save_script(job.video_id, self._worker, script)
        return script

    async def _render(self, job: Job, script: Script) -> tuple[Path, Rendered]:
        await self._enter(job, Stage.VOICE)
        loop = asyncio.get_running_loop()
        told: set[asyncio.Task[None]] = set()

        def progress(stage: Stage, fraction: float) -> None:
            task = loop.create_task(self._announce(job, stage, fraction, Status.PROCESSING))
            told.add(task)
            task.add_done_callback(told.discard)

        with _media_errors(job):
            workspace = self._media.workspace(job.video_id)
        return workspace, await self._renderer.render(script, workspace, progress)

    async def _enter(self, job: Job, stage: Stage) -> None:
        async with self._unit_of_work() as work:
            await work.save_stage(job.video_id, self._worker, stage, percent_of(stage, 0.0))
        await self._announce(job, stage, 0.0, Status.PROCESSING)

    async def _failed(self, job: Job, message: str, *, retryable: bool) -> None:
        now = self._clock()
        outcome = after_failure(job.attempts, message, retryable=retryable, now=now)
        async with self._unit_of_work() as work:
            match outcome:
                case Retry(attempts, not_before):
                    await work.release(job.video_id, self._worker, attempts, not_before)
                case GiveUp(reason):
                    await work.fail(job.video_id, self._worker, Status.FAILED, reason, now)
        log.warning("lesson not made", extra={"video": job.video_id, "reason": message, "attempt": job.attempts})
        if isinstance(outcome, GiveUp):
            await self._announcer.announce(Progress(job.video_id, Status.FAILED, Stage.DONE, 0, outcome.message))

    async def _announce(self, job: Job, stage: Stage, fraction: float, status: Status) -> None:
        percent = percent_of(stage, fraction)
        await self._announcer.announce(Progress(job.video_id, status, stage, percent, words_for(stage)))


@contextlib.contextmanager
def _media_errors(job: Job) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.exception("media not written", extra={"video": job.video_id})
        raise MediaNotStored(cause=error.strerror or "unknown cause") from error


def _lesson(script: Script, rendered: Rendered, provenance: dict[str, object]) -> Lesson:
    return Lesson(
        title=script.title,
        summary=script.summary,
        key_points=list(script.key_points),
        timestamps=[round(second, 2) for second in rendered.key_point_timestamps],
        chapters=[{"title": c.title, "start": round(c.start, 2)} for c in rendered.chapters],
        duration=round(rendered.duration, 2),
        tags=list(script.tags),
        cues=[{"start": round(cue.start, 2), "text": " ".join(cue.text.split())} for cue in rendered.transcript],
        provenance=provenance,
    )
