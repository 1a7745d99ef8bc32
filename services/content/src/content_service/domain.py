"""Lesson videos and the work of making them: what they are and which moves are legal."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from content_service.lesson.script import Difficulty, Subject

MAX_ATTEMPTS = 3
MOST_WAITING = 60
"""Lessons one account may have waiting or in the making: a whole batch and a few more."""
_BACKOFF = (timedelta(seconds=2), timedelta(seconds=15))
_FIRST_GUESS = timedelta(seconds=15)


class Status(StrEnum):
    """Where a video stands; the names are those of the contract without their prefix."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    PUBLIC = "PUBLIC"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    DELETED = "DELETED"
    """Kept until its media are removed; no client ever sees it."""

    @property
    def final(self) -> bool:
        """Whether nothing more happens by itself."""
        return self in (Status.PUBLIC, Status.REJECTED, Status.FAILED, Status.DELETED)


# The status machine: from where a video may come to each status. `work.move` refuses everything else.
CAME_FROM: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.FAILED}),
    Status.PROCESSING: frozenset({Status.PENDING, Status.PROCESSING}),
    Status.PUBLIC: frozenset({Status.PROCESSING, Status.REJECTED}),
    Status.REJECTED: frozenset({Status.PENDING, Status.PROCESSING, Status.PUBLIC}),
    Status.FAILED: frozenset({Status.PENDING, Status.PROCESSING}),
    Status.DELETED: frozenset(Status) - {Status.DELETED},
}


class Stage(StrEnum):
    """What the worker is at, in order."""

    QUEUED = "queued"
    SCRIPT = "script"
    VOICE = "voice"
    SLIDES = "slides"
    RENDER = "render"
    PUBLISH = "publish"
    DONE = "done"


# Percent of the whole at which each stage begins and ends, from the time each takes on two cores.
_SHARES: dict[Stage, tuple[int, int]] = {
    Stage.QUEUED: (0, 0),
    Stage.SCRIPT: (2, 15),
    Stage.VOICE: (15, 25),
    Stage.SLIDES: (25, 50),
    Stage.RENDER: (50, 95),
    Stage.PUBLISH: (95, 99),
    Stage.DONE: (100, 100),
}
_WORDS: dict[Stage, str] = {
    Stage.QUEUED: "Waiting for a free worker.",
    Stage.SCRIPT: "Writing the lesson.",
    Stage.VOICE: "Speaking the narration.",
    Stage.SLIDES: "Drawing the slides.",
    Stage.RENDER: "Putting picture and sound together.",
    Stage.PUBLISH: "Publishing.",
    Stage.DONE: "Ready to watch.",
}


@dataclass(frozen=True, slots=True)
class Video:
    """A lesson video, as stored. `chapters` are {"title", "start"}; `timestamps` are seconds, one a key point."""

    id: str
    title: str
    subject: str
    difficulty: str
    topic: str
    created_by: str
    status: str
    status_message: str
    summary: str
    key_points: list[str]
    timestamps: list[float]
    chapters: list[dict[str, Any]]
    duration: float
    rating_sum: int
    rating_count: int
    view_count: int
    comment_count: int
    tags: list[str]
    create_time: datetime
    update_time: datetime
    estimated_completion_time: datetime | None
    provenance: dict[str, Any]
    version: int

    @property
    def rating_avg(self) -> float:
        """Average of the stars, 0 without ratings."""
        return self.rating_sum / self.rating_count if self.rating_count else 0.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for."""

    topic: str
    subject: Subject
    difficulty: Difficulty
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class FeedQuery:
    """Which videos, in which order; None is "any"."""

    sort: str = "recent"
    subject: str | None = None
    difficulty: str | None = None
    created_by: str | None = None

    @property
    def fingerprint(self) -> str:
        """Names the query in page tokens."""
        return f"{self.sort}|{self.subject}|{self.difficulty}|{self.created_by}"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the feed."""

    videos: list[Video]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What to search for; None is "any"."""

    text: str
    subject: str | None = None
    difficulty: str | None = None

    @property
    def fingerprint(self) -> str:
        """Names the query in page tokens."""
        return f"search|{self.text}|{self.subject}|{self.difficulty}"


@dataclass(frozen=True, slots=True)
class Match:
    """A video that matches a search: how well, where, and the second at which that is spoken (None: nowhere)."""

    video_id: str
    rank: float
    snippet: str
    spoken_at: float | None


@dataclass(frozen=True, slots=True)
class Matches:
    """One page of matches, the best first, with their videos in the same order.

    `corrected` is the text that was searched for instead of the one that was asked for; empty when that one was.
    """

    matches: list[Match]
    videos: list[Video]
    next_page_token: str
    corrected: str = ""


@dataclass(frozen=True, slots=True)
class ViewCount:
    """Views of one video that were counted together."""

    video_id: str
    created_by: str
    count: int


@dataclass(frozen=True, slots=True)
class Queue:
    """How many videos wait or are being made, how many of them for one account, and how long the last ones took.

    `typical` is None before the first was made.
    """

    waiting: int
    own: int
    typical: timedelta | None


@dataclass(frozen=True, slots=True)
class Job:
    """The work of making one video, leased to one worker.

    `script` is the stage's artefact, empty until written; `trace` continues the trace of whoever asked.
    """

    video_id: str
    topic: str
    subject: str
    difficulty: str
    attempts: int
    seed: int
    script: bytes
    trace: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a video is."""

    video_id: str
    status: str
    stage: str
    percent: int
    message: str
    estimated_completion_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a finished lesson adds to its video. `cues` are {"start", "text"}: the transcript with its seconds."""

    title: str
    summary: str
    key_points: list[str]
    timestamps: list[float]
    chapters: list[dict[str, Any]]
    duration: float
    tags: list[str]
    cues: list[dict[str, Any]]
    provenance: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RatingTotals:
    """A video's ratings as community sums them up; the highest version counts."""

    video_id: str
    sum: int
    count: int
    version: int


@dataclass(frozen=True, slots=True)
class Retry:
    """The job goes back into the queue."""

    attempts: int
    not_before: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The video becomes FAILED."""

    message: str


def after_failure(attempts: int, message: str, *, retryable: bool, now: datetime) -> Retry | GiveUp:
    """What follows the failure of attempt number `attempts` (from 1)."""
    if not retryable:
        return GiveUp(message)
    if attempts >= MAX_ATTEMPTS:
        return GiveUp(
            f"{message} It was tried {attempts} times. Ask for the lesson again later, or tell an administrator."
        )
    return Retry(attempts, now + _BACKOFF[min(attempts, len(_BACKOFF)) - 1])


def may_manage(video: Video, user_id: str, *, moderator: bool) -> bool:
    """Whether somebody may delete, cancel or retry the video."""
    return moderator or video.created_by == user_id


def hour_of(time: datetime) -> datetime:
    """The window in which one viewer counts once."""
    return time.replace(minute=0, second=0, microsecond=0)


def percent_of(stage: Stage, fraction: float) -> int:
    """Percent of the whole when `fraction` (0 to 1) of `stage` is done."""
    start, end = _SHARES[stage]
    return round(start + (end - start) * min(max(fraction, 0.0), 1.0))


def words_for(stage: Stage) -> str:
    """The stage in words for the person who waits."""
    return _WORDS[stage]


def estimate(now: datetime, queue: Queue, place: int = 0) -> datetime:
    """When a lesson asked for now should be ready: those before it, then its own turn, each of the typical time.

    `place` counts those asked for together with it, from 0.
    """
    return now + (queue.typical or _FIRST_GUESS) * (queue.waiting + place + 1)


def progress_of(video: Video) -> Progress:
    """The progress of a video whose job tells nothing more: it has ended, or not begun."""
    if video.status == Status.PUBLIC:
        return Progress(video.id, video.status, Stage.DONE, 100, words_for(Stage.DONE))
    message = video.status_message or words_for(Stage.QUEUED)
    return Progress(video.id, video.status, Stage.QUEUED, 0, message, video.estimated_completion_time)
