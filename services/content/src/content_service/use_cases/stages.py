"""The stages of one lesson. What a finished stage has made is kept; whoever continues the job begins after it."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from content_service.domain import MAX_ATTEMPTS, PIPELINE, Job, Lesson, Progress, Stage, Status, percent_of, words_for
from content_service.errors import MediaNotStored, ScriptRefused
from content_service.lesson.result import Rendered
from content_service.lesson.script import Script, Subject
from content_service.ports import Announcer, Judge, Media, Renderer, ScriptWriter, UnitOfWork, Workshop
from content_service.use_cases.media import settle
from servicekit.clock import Clock
from servicekit.errors import Unavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tools:
    """What lessons are made with. `in_stage` measures the block that does a stage."""

    unit_of_work: UnitOfWork
    judge: Judge
    writer: ScriptWriter
    renderer: Renderer
    workshop: Workshop
    media: Media
    announcer: Announcer
    clock: Clock
    in_stage: Callable[[Stage], contextlib.AbstractContextManager[object]] = contextlib.nullcontext


class Lessons:
    """One lesson on its way from a job to a PUBLIC video, by `worker`."""

    def __init__(self, worker: str, tools: Tools, job: Job) -> None:
        self._worker = worker
        self._tools = tools
        self._told: set[asyncio.Task[None]] = set()
        self.job = replace(job, done=_kept(job, tools.workshop))
        self.published = False

    @property
    def stage(self) -> Stage:
        """The first stage that is not done."""
        return PIPELINE[len(self.job.done)]

    async def make(self) -> None:
        """All that is left but `show`. Raises LeaseLost, LessonError, and what inference and the stores raise."""
        while self.stage is not Stage.PUBLISH:
            await self._enter()
            await self._checked() if self.stage is Stage.CHECK else await self._do(self.stage)
        await self._enter()
        await self._publish()

    async def _checked(self) -> None:
        """A script that is refused is written anew, with another seed, a few times."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                await self._do(Stage.CHECK)
                break
            except ScriptRefused as refused:
                if attempt == MAX_ATTEMPTS:
                    raise
                log.warning("script refused", extra={"video": self.job.video_id, "reason": refused.detail})
            self.job = replace(self.job, seed=self.job.seed + 1)
            await self._do(Stage.SCRIPT)

    async def _do(self, stage: Stage) -> None:
        job, tools, began = self.job, self._tools, self._tools.clock()
        with tools.in_stage(stage):
            artifact = await self._perform(stage)
        now = tools.clock()
        async with tools.unit_of_work() as work:
            await work.record(job.video_id, self._worker, stage, artifact, (now - began).total_seconds(), now)
        self.job = replace(job, attempts=1, done={**job.done, stage: artifact})

    async def _perform(self, stage: Stage) -> bytes:
        job, tools = self.job, self._tools
        subject = Subject(job.subject)
        match stage:
            case Stage.VALIDATE:
                return await tools.judge.validate(job.topic, subject)
            case Stage.MODERATE:
                return await tools.judge.moderate(job.topic, subject, job.owner)
            case Stage.SCRIPT:
                return await tools.writer.write(job)
            case Stage.CHECK:
                return await tools.writer.check(job.done[Stage.SCRIPT])
            case _:
                script, _ = tools.writer.read(job.done[Stage.SCRIPT])
                return await tools.renderer.perform(stage, script, self._folder(), self._progress)

    async def _publish(self) -> None:
        """What is stored twice, by a worker that died in between, replaces itself; what was stopped meanwhile is never seen."""
        job, tools, began = self.job, self._tools, self._tools.clock()
        script, wrote = tools.writer.read(job.done[Stage.SCRIPT])
        rendered = tools.renderer.rendered(job.done[Stage.RENDER])
        with tools.in_stage(Stage.PUBLISH):
            await tools.media.store(job.video_id, self._folder() / Stage.RENDER.value)
            now = tools.clock()
            async with tools.unit_of_work() as work:
                lesson, seconds = _lesson(job, script, rendered, wrote), (now - began).total_seconds()
                await work.finish(job.video_id, self._worker, lesson, seconds, now)
        self.published = True
        log.info("lesson published", extra={"video": job.video_id, "seconds": round(rendered.duration, 1)})

    async def show(self) -> None:
        """At once, for those who wait; whatever fails here is done by whoever hears that the video is PUBLIC."""
        tools = self._tools
        try:
            async with tools.unit_of_work() as work:
                await settle(work, tools.media, self.job.video_id)
        except Unavailable as error:
            log.warning("media shown later", extra={"video": self.job.video_id, "reason": error.reason})
        tools.workshop.clear(self.job.video_id)
        await self._announce(Stage.DONE, 1.0, Status.PUBLIC)

    async def _enter(self) -> None:
        """Whoever has cancelled or taken over the job meanwhile is noticed here."""
        stage = self.stage
        async with self._tools.unit_of_work() as work:
            await work.save_stage(self.job.video_id, self._worker, stage, percent_of(stage, 0.0))
        await self._announce(stage, 0.0, Status.PROCESSING)

    def _folder(self) -> Path:
        try:
            return self._tools.workshop.folder(self.job.video_id)
        except OSError as error:
            log.exception("work folder not made", extra={"video": self.job.video_id})
            raise MediaNotStored(cause=error.strerror or "unknown cause") from error

    def _progress(self, stage: Stage, fraction: float) -> None:
        task = asyncio.create_task(self._announce(stage, fraction, Status.PROCESSING))
        self._told.add(task)
        task.add_done_callback(self._told.discard)

    async def _announce(self, stage: Stage, fraction: float, status: Status) -> None:
        percent, ready = percent_of(stage, fraction), None if status.final else self.job.ready
        progress = Progress(self.job.video_id, status, stage, percent, words_for(stage), ready)
        await self._tools.announcer.announce(progress)


def _kept(job: Job, workshop: Workshop) -> dict[Stage, bytes]:
    """What need not be done again: all up to the first stage of which something is missing, on this machine."""
    kept: dict[Stage, bytes] = {}
    for stage in PIPELINE[:-1]:
        if stage not in job.done or (stage.on_disk and not workshop.holds(job.video_id, stage)):
            break
        kept[stage] = job.done[stage]
    return kept


def _made(job: Job) -> dict[str, object]:
    """What the provenance tells of the stages after the script."""
    checked, spoken = (json.loads(job.done[stage]) for stage in (Stage.CHECK, Stage.VOICE))
    return {"reading_grade": checked["reading_grade"], "voice": spoken["voice"]}


def _lesson(job: Job, script: Script, rendered: Rendered, wrote: dict[str, object]) -> Lesson:
    return Lesson(
        title=script.title,
        summary=script.summary,
        key_points=list(script.key_points),
        timestamps=[round(second, 2) for second in rendered.key_point_timestamps],
        chapters=[{"title": c.title, "start": round(c.start, 2)} for c in rendered.chapters],
        duration=round(rendered.duration, 2),
        tags=list(script.tags),
        cues=[{"start": round(cue.start, 2), "text": " ".join(cue.text.split())} for cue in rendered.transcript],
        provenance=wrote | _made(job),
        # What the release before has judged knows no aliases.
        aliases=json.loads(job.done[Stage.VALIDATE]).get("aliases", []),
    )
