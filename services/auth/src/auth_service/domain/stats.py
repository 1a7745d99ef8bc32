"""What people have done over all services, told by events that may come late, again and in any order."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What is counted."""

    VIDEO = "VIDEO"
    COMMENT = "COMMENT"
    RATING = "RATING"
    COMPLETION = "COMPLETION"


@dataclass(frozen=True, slots=True)
class Activity:
    """One thing a person did, or undid, as the newest `version` tells; `key` tells things of one kind apart.

    It counts while it is `present` and its video, if it is about one, is not deleted. `time` is when it was done, None where that
    does not matter.
    """

    user_id: str
    kind: Kind
    key: str
    version: int
    present: bool
    video_id: str | None = None
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Views:
    """Views of a person's video that were counted together; they add up in any order."""

    user_id: str
    video_id: str
    count: int


@dataclass(frozen=True, slots=True)
class VideoGone:
    """Nothing about the video counts any more, whatever is heard of it later."""

    video_id: str


Happened = Activity | Views | VideoGone


@dataclass(frozen=True, slots=True)
class Counts:
    """Public videos and their views; comments and ratings given; events of the planner done."""

    videos: int = 0
    views: int = 0
    comments: int = 0
    ratings: int = 0
    completions: int = 0


@dataclass(frozen=True, slots=True)
class Stats:
    """The counts, and for how many days in a row something was done."""

    counts: Counts
    streak_days: int


@dataclass(frozen=True, slots=True)
class Streak:
    """Days in a row that end today or, as today is not over, yesterday; `first` is the earliest found so far."""

    today: date
    first: date | None = None
    length: int = 0


def with_day(streak: Streak, day: date) -> Streak | None:
    """The streak with a day on which something was done; None when it does not reach so far back.

    Days are given from the latest to the earliest.
    """
    if streak.first is None:
        return replace(streak, first=day, length=1) if streak.today - day <= timedelta(days=1) else None
    if day == streak.first:
        return streak
    if day == streak.first - timedelta(days=1):
        return replace(streak, first=day, length=streak.length + 1)
    return None
