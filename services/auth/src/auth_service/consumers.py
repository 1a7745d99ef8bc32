"""What the worker takes up by itself: mails that are due."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from servicekit.database import DatabaseUnavailable

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.5
_PAUSE_SECONDS = 2.0


class MailQueue:
    """Looks for due mails twice a second. A mail is taken off the queue by its saved outcome, never by its reading."""

    def __init__(
        self,
        deliver_due: Callable[[], Awaitable[int]],
        *,
        poll_seconds: float = _POLL_SECONDS,
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        """`deliver_due` tries one batch and answers how many mails were in it."""
        self._deliver_due = deliver_due
        self._poll_seconds = poll_seconds
        self._pause_seconds = pause_seconds

    async def run(self) -> None:
        """Until cancelled, through outages of the database."""
        while True:
            try:
                while await self._deliver_due():
                    pass
            except DatabaseUnavailable as error:
                log.warning("mail delivery interrupted", extra={"error": repr(error)})
                await asyncio.sleep(self._pause_seconds)
            await asyncio.sleep(self._poll_seconds)
