"""Other services."""

from typing import Protocol

from community_service.domain.comments import Verdict, Video
from community_service.domain.mentions import Called, Person


class Moderator(Protocol):
    """Judges texts."""

    async def judge(self, text: str, video_id: str, author: str) -> Verdict:
        """What the checks say, in the turn of the account `author`; UNCHECKED, never an exception, when they cannot be asked."""
        ...


class Directory(Protocol):
    """The accounts of the auth service."""

    async def find(self, called: Called) -> list[Person]:
        """Those that have one of the ids or names; nobody, never an exception, when auth cannot be asked."""
        ...


class Catalogue(Protocol):
    """The content service's videos."""

    async def find(self, video_id: str) -> Video | None:
        """The video when it is PUBLIC; None when there is none or it is not. Raises Unavailable when content is down."""
        ...
