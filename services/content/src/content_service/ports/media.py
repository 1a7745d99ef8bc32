"""Where finished films lie, and where clients find them."""

from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Protocol

from content_service.domain import (
    LinksOf,
    Place,
    Video,
)


class Media(Protocol):
    """Where finished files lie. Everything raises MediaNotStored when the store refuses or does not answer."""

    async def store(self, video_id: str, folder: Path) -> None:
        """Copies the folder's files into the store, where nobody is led to them before `show`."""
        ...

    async def show(self, video_id: str, *, visible: bool) -> None:
        """Puts stored media into sight or takes them out of it, each file whole; without media, or done before, nothing."""
        ...

    async def remove(self, video_id: str) -> None:
        """Removes what was stored; a repeat changes nothing."""
        ...

    async def stored(self) -> Mapping[str, Set[Place]]:
        """Where there are files of which video, SHOWN or HIDDEN; in both places while they are moved."""
        ...


class MediaLinks(Protocol):
    """Where clients find published files."""

    async def links(self, videos: Iterable[Video]) -> LinksOf:
        """Links of those of the videos that are PUBLIC. Raises MediaNotStored."""
        ...
