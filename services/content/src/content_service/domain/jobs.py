"""The work of making a lesson video: its stages, how far it is, and what follows a failure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from content_service.domain.videos import Status, Video

MAX_ATTEMPTS = 3
"""How often one stage is tried; what a stage has made is kept, so the count begins anew with the next one."""
MAX_SEED = 2**31 - 1
_BACKOFF = (timedelta(seconds=2), timedelta(seconds=15))


class Stage(StrEnum):
    """What the worker is at, in order."""

    QUEUED = "queued"
    VALIDATE = "validate"
    MODERATE = "moderate"
    SCRIPT = "script"
    CHECK = "check"
    VOICE = "voice"
    SLIDES = "slides"
    RENDER = "render"
    PUBLISH = "publish"
    DONE = "done"

    @property
    def on_disk(self) -> bool:
        """Whether what the stage makes lies in the job's folder; of the others the database keeps all."""
        return self in (Stage.VOICE, Stage.SLIDES, Stage.RENDER)


PIPELINE = tuple(stage for stage in Stage if stage not in (Stage.QUEUED, Stage.DONE))

# Percent of the whole at which each stage begins and ends, from the time each takes on two cores.
_SHARES: dict[Stage, tuple[int, int]] = {
    Stage.QUEUED: (0, 0),
    Stage.VALIDATE: (1, 2),
    Stage.MODERATE: (2, 3),
    Stage.SCRIPT: (3, 20),
    Stage.CHECK: (20, 21),
    Stage.VOICE: (21, 35),
    Stage.SLIDES: (35, 55),
    Stage.RENDER: (55, 96),
    Stage.PUBLISH: (96, 99),
    Stage.DONE: (100, 100),
}
_WORDS: dict[Stage, str] = {
    Stage.QUEUED: "Waiting for a free worker.",
    Stage.VALIDATE: "Looking the topic up.",
    Stage.MODERATE: "Checking that the topic suits a school.",
    Stage.SCRIPT: "Writing the lesson.",
    Stage.CHECK: "Checking numbers, level and length.",
    Stage.VOICE: "Speaking the narration.",
    Stage.SLIDES: "Drawing the slides.",
    Stage.RENDER: "Putting picture and sound together.",
    Stage.PUBLISH: "Publishing.",
    Stage.DONE: "Ready to watch.",
}


@dataclass(frozen=True, slots=True)
class Job:
    """The work of making one video for the account `owner`, leased to one worker.

    `batch` says that it was asked for together with others. `attempts` counts those of the present stage, this one included;
    `trace` continues the trace of whoever asked. `done` holds what each finished stage made.
    """

    video_id: str
    owner: str
    topic: str
    subject: str
    difficulty: str
    attempts: int
    seed: int
    batch: bool
    trace: str
    ready: datetime | None = None
    done: Mapping[Stage, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a video is."""

    video_id: str
    status: str
    stage: str
    percent: int
    message: str
    estimated_completion_time: datetime | None = None

    def follows(self, last: "Progress") -> bool:
        """Whether it is news after `last`: it never goes back, and of what waits also another time is told."""
        if self.percent != last.percent:
            return self.percent > last.percent
        waits = self.stage == last.stage == Stage.QUEUED
        return self.stage != last.stage or (waits and self.estimated_completion_time != last.estimated_completion_time)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a finished lesson adds to its video. `cues` are {"start", "text"}: the transcript with its seconds.

    `aliases` are other names of its topic, by which it is found.
    """

    title: str
    summary: str
    key_points: list[str]
    timestamps: list[float]
    chapters: list[dict[str, Any]]
    duration: float
    tags: list[str]
    cues: list[dict[str, Any]]
    provenance: dict[str, Any]
    aliases: list[str]


@dataclass(frozen=True, slots=True)
class Retry:
    """The job goes back into the queue."""

    not_before: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The video becomes FAILED."""

    message: str


def after_failure(attempts: int, message: str, *, retryable: bool, now: datetime) -> Retry | GiveUp:
    """What follows the failure of attempt number `attempts` (from 1) at one stage."""
    if not retryable:
        return GiveUp(message)
    if attempts >= MAX_ATTEMPTS:
        return GiveUp(
            f"{message} It was tried {attempts} times. Ask for the lesson again later, or tell an administrator."
        )
    return Retry(now + _BACKOFF[min(attempts, len(_BACKOFF)) - 1])


def percent_of(stage: Stage, fraction: float) -> int:
    """Percent of the whole when `fraction` (0 to 1) of `stage` is done."""
    start, end = _SHARES[stage]
    return round(start + (end - start) * min(max(fraction, 0.0), 1.0))


def words_for(stage: Stage) -> str:
    """The stage in words for the person who waits."""
    return _WORDS[stage]


def progress_of(video: Video) -> Progress:
    """The progress of a video whose job tells nothing more: it has ended, or not begun."""
    if video.status == Status.PUBLIC:
        return Progress(video.id, video.status, Stage.DONE, 100, words_for(Stage.DONE))
    message = video.status_message or words_for(Stage.QUEUED)
    return Progress(video.id, video.status, Stage.QUEUED, 0, message, video.estimated_completion_time)
