"""Ratings."""

from typing import Protocol

from community_service.domain.ratings import Rating, RatingTotals


class RatingReader(Protocol):
    """Ratings and their totals."""

    async def get(self, video_id: str, user_id: str) -> Rating | None:
        """The account's rating; None when there is none, or it is somebody else's."""
        ...

    async def totals(self, video_id: str) -> RatingTotals:
        """The video's totals; zeros without ratings."""
        ...


class Ratings(RatingReader, Protocol):
    """Ratings inside a unit of work."""

    async def lock_totals(self, video_id: str) -> RatingTotals:
        """The totals, locked until the unit of work ends, so that ratings of one video take turns."""
        ...

    async def save_totals(self, totals: RatingTotals) -> None: ...

    async def save(self, rating: Rating) -> None: ...

    async def remove(self, rating: Rating) -> None: ...

    async def forget_video(self, video_id: str) -> None:
        """Deletes all ratings of a video and their totals."""
        ...
