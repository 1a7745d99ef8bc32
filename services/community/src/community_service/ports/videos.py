"""What events told of videos."""

from typing import Protocol

from community_service.domain.comments import Video


class VideoReader(Protocol):
    """What this service has been told of videos."""

    async def get(self, video_id: str) -> Video | None:
        """The video; None when nothing was heard of it yet."""
        ...


class Videos(VideoReader, Protocol):
    """Videos inside a unit of work."""

    async def hold(self, video_id: str) -> Video | None:
        """The video, kept from changing until the unit of work ends; several may hold it at once."""
        ...

    async def learn(self, video: Video) -> None:
        """Saves what was heard unless something with a higher version is known; DELETED stays for good."""
        ...
