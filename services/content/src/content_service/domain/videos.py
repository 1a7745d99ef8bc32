"""Lesson videos: what they are and which moves are legal."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from content_service.lesson.script import Difficulty, Subject

MOST_WAITING = 60
"""Lessons one account may have waiting or in the making: a whole batch and a few more."""


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
    status: Status | None = None

    @property
    def fingerprint(self) -> str:
        """Names the query in page tokens."""
        return f"{self.sort}|{self.subject}|{self.difficulty}|{self.created_by}|{self.status or ''}"


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


class Attempt(IntEnum):
    """How the words of a search are taken; each is made when those before found nothing."""

    AS_TYPED = 0
    """Every word is held."""
    CORRECTED = 1
    """Every word is, mistyped ones replaced by what they resemble."""
    SOME = 2
    """Some are, of the corrected words."""


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
class RatingTotals:
    """A video's ratings as community sums them up; the highest version counts."""

    video_id: str
    sum: int
    count: int
    version: int


def may_manage(video: Video, user_id: str, *, moderator: bool) -> bool:
    """Whether somebody may delete, cancel or retry the video."""
    return moderator or video.created_by == user_id


def hour_of(time: datetime) -> datetime:
    """The window in which one viewer counts once."""
    return time.replace(minute=0, second=0, microsecond=0)
