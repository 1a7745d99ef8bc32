"""Making lessons: claim a job, keep its lease while its stages are done, and record what comes of it."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from content_service.domain import (
    MAX_ATTEMPTS,
    WORKER_SEEN,
    GiveUp,
    Job,
    Progress,
    Retry,
    Stage,
    Status,
    after_failure,
    words_for,
)
from content_service.errors import LeaseLost, TopicRejected
from content_service.lesson.errors import LessonError
from content_service.use_cases.media import settle
from content_service.use_cases.stages import Lessons, Tools
from servicekit.errors import FailedPrecondition, InvalidArgument, ServiceError, Unavailable

_LEASE = timedelta(seconds=30)
_HEARTBEAT_SECONDS = 1.0  # a cancelled lesson is noticed so soon, whatever its stage
_KEEP_WORK = timedelta(days=3)
_FORGET_WORKERS = timedelta(hours=1)
_UNEXPECTED = "Something went wrong while the lesson was made."
_STOPPED = "The worker stopped each time it came to “{}”. Tell an administrator; a retry goes on from there."
log = logging.getLogger(__name__)


class Generation:
    """Makes one video at a time.

    `worker` names this process among those that share the queue; it stays the same when the process is started anew.
    """

    def __init__(
        self,
        worker: str,
        tools: Tools,
        in_trace: Callable[[str], contextlib.AbstractContextManager[object]] = contextlib.nullcontext,
    ) -> None:
        """`in_trace` opens a span of the trace that a job came with."""
        self._worker = worker
        self._tools = tools
        self._in_trace = in_trace

    async def run(self, wait: Callable[[], Awaitable[None]]) -> None:
        """Makes videos until cancelled; `wait` returns when there may be a new job."""
        began = False
        while True:
            try:
                if not began:
                    await self._begin()
                    began = True
                made = await self.next()
            except Unavailable as error:
                log.warning("queue not reachable", extra={"reason": error.reason})
                made = False
            if not made:
                await wait()

    async def _begin(self) -> None:
        async with self._tools.unit_of_work() as work:
            await work.free(self._worker)
        await self.housekeep()

    async def housekeep(self) -> None:
        """Says that this worker is there, when those that wait should be ready, and sweeps away what nobody came back for."""
        now = self._tools.clock()
        async with self._tools.unit_of_work() as work:
            await work.see(self._worker, now, now - _FORGET_WORKERS)
        async with self._tools.unit_of_work() as work:
            await work.foretell(now, now - WORKER_SEEN)
        await asyncio.to_thread(self._tools.workshop.sweep, now - _KEEP_WORK)

    async def next(self) -> bool:
        """Makes the next video in the queue. Returns False when there is none."""
        now = self._tools.clock()
        async with self._tools.unit_of_work() as work:
            job = await work.claim(self._worker, now, now + _LEASE)
        if job is None:
            return False
        lesson = Lessons(self._worker, self._tools, job)
        log.info("lesson claimed", extra={"video": job.video_id, "attempt": job.attempts, "stage": lesson.stage})
        with self._in_trace(job.trace):
            await self._with_heartbeat(lesson)
        return True

    async def _with_heartbeat(self, lesson: Lessons) -> None:
        lost = False
        try:
            async with asyncio.TaskGroup() as group:
                heartbeat = group.create_task(self._keep(lesson.job))
                await self._make_or_record(lesson)
                heartbeat.cancel()
        except* LeaseLost:
            log.warning("lease lost", extra={"video": lesson.job.video_id})
            lost = True
        except* Unavailable:
            # Nothing could be recorded; the lease runs out and the job is taken up again.
            log.warning("queue not reachable", extra={"video": lesson.job.video_id})
        if lesson.published:  # not before: there is no lease to keep any more
            await lesson.show()
        elif lost:
            await self._tidy(lesson.job)

    async def _keep(self, job: Job) -> None:
        while True:
            await asyncio.sleep(_HEARTBEAT_SECONDS)
            with contextlib.suppress(Unavailable):  # a lease outlasts many heartbeats
                async with self._tools.unit_of_work() as work:
                    await work.extend(job.video_id, self._worker, self._tools.clock() + _LEASE)

    async def _tidy(self, job: Job) -> None:
        """Media of a lesson that was cancelled or deleted while they were stored belong to nobody."""
        async with self._tools.unit_of_work() as work:
            await settle(work, self._tools.media, job.video_id)

    async def _make_or_record(self, lesson: Lessons) -> None:
        if lesson.job.attempts > MAX_ATTEMPTS:
            await self._failed(lesson, _STOPPED.format(words_for(lesson.stage).rstrip(".")), retryable=False)
            return
        try:
            await lesson.make()
        except LeaseLost:
            raise
        except TopicRejected as error:
            await self._failed(lesson, error.detail, Status.REJECTED, retryable=False)
        except LessonError as error:
            await self._failed(lesson, str(error), retryable=error.retryable)
        except ServiceError as error:
            retryable = not isinstance(error, InvalidArgument | FailedPrecondition)
            await self._failed(lesson, error.detail, retryable=retryable)
        except Exception:
            log.exception("lesson failed", extra={"video": lesson.job.video_id})
            await self._failed(lesson, _UNEXPECTED, retryable=True)

    async def _failed(self, lesson: Lessons, message: str, status: Status = Status.FAILED, *, retryable: bool) -> None:
        job, now = lesson.job, self._tools.clock()
        outcome = after_failure(job.attempts, message, retryable=retryable, now=now)
        async with self._tools.unit_of_work() as work:
            match outcome:
                case Retry(not_before):
                    await work.release(job.video_id, self._worker, not_before)
                case GiveUp(reason):
                    await work.fail(job.video_id, self._worker, status, reason, now)
        about = {"video": job.video_id, "stage": lesson.stage, "reason": message, "attempt": job.attempts}
        log.warning("lesson not made", extra=about)
        if isinstance(outcome, GiveUp):
            await self._tools.announcer.announce(Progress(job.video_id, status, Stage.DONE, 0, outcome.message))
