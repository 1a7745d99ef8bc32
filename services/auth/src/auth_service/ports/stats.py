"""What people did."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from auth_service.domain.stats import Activity, Counts, Views


class ActivityReader(Protocol):
    """What people did, as far as events have told."""

    async def counts(self, user_id: str) -> Counts:
        """How many of each kind; zeros for an account nothing was told of."""
        ...

    async def completions(self, user_id: str, before: datetime | None, limit: int) -> Sequence[datetime]:
        """When events were completed, the latest first, at most `limit` of those before that time, None being now."""
        ...


class Activities(Protocol):
    """What people did, inside the transaction of an event; what is told of an account that is gone is dropped."""

    async def record(self, activity: Activity) -> None:
        """Save it unless a newer version was."""
        ...

    async def add_views(self, views: Views) -> None:
        """Add to the video's views; they count once the video is known to be public."""
        ...

    async def drop_video(self, video_id: str) -> None:
        """Let nothing about the video count, now or later."""
        ...
