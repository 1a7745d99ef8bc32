"""Whom a text mentions, asked of auth in one call, and only where somebody may be meant."""

from community_service.domain.mentions import Mention, called, mentions
from community_service.ports import Directory
from servicekit.caller import current_caller


class Mentioning:
    """Resolves the names in a text of the present caller."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def of(self, text: str) -> tuple[Mention, ...]:
        """Everybody the text mentions; nobody when auth cannot be asked."""
        if not (names := called(text)):
            return ()
        return mentions(text, await self._directory.find(names), current_caller().id)
