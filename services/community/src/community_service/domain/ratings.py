"""Stars: what they are and how they add up."""

from dataclasses import dataclass, replace
from datetime import datetime

from community_service.domain.comments import Video
from community_service.errors import OwnVideoRated

LOWEST_STARS = 1
HIGHEST_STARS = 5


@dataclass(frozen=True, slots=True)
class Rating:
    """One account's stars, 1 to 5, for one video."""

    video_id: str
    user_id: str
    stars: int
    create_time: datetime
    update_time: datetime


@dataclass(frozen=True, slots=True)
class RatingTotals:
    """A video's ratings: how many with 1, 2, 3, 4 and 5 stars; `version` grows with every change."""

    video_id: str
    histogram: tuple[int, ...] = (0,) * HIGHEST_STARS
    version: int = 0

    @property
    def count(self) -> int:
        """How many ratings."""
        return sum(self.histogram)

    @property
    def sum(self) -> int:
        """Sum of the stars."""
        return sum(stars * many for stars, many in enumerate(self.histogram, start=LOWEST_STARS))

    @property
    def average(self) -> float:
        """Average of the stars, 0 without ratings."""
        return self.sum / self.count if self.count else 0.0


def check_rater(video: Video, user_id: str) -> None:
    """Nobody rates a video of their own. Raises OwnVideoRated."""
    if video.created_by == user_id:
        raise OwnVideoRated(video=video.id)


def count(totals: RatingTotals, *, before: int | None, now: int | None) -> RatingTotals:
    """The totals after one account's stars went from `before` to `now`; None is no rating."""
    histogram = list(totals.histogram)
    if before is not None:
        histogram[before - LOWEST_STARS] -= 1
    if now is not None:
        histogram[now - LOWEST_STARS] += 1
    return replace(totals, histogram=tuple(histogram), version=totals.version + 1)
