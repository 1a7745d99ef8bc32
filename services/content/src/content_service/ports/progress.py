"""What those who watch are told at this moment."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from content_service.domain import Progress


class Announcer(Protocol):
    """Tells those who watch at this moment."""

    async def announce(self, progress: Progress) -> None:
        """Best effort: progress is never worth failing for."""
        ...


class Follower(Protocol):
    """Hears what announcers tell."""

    def follow(self, video_id: str) -> AbstractAsyncContextManager[AsyncIterator[Progress]]:
        """Progress from the moment the block begins. Raises StreamInterrupted when that is not possible."""
        ...
