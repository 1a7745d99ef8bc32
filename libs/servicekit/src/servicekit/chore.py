"""Work that a process looks for again and again, beside what it is asked for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from servicekit.errors import Unavailable

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.5
_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 60.0


class Chore:
    """Looks for work again and again, by default twice a second. What is done is known by what was saved of it.

    No failure ends it: the process has other work. What fails is logged and tried again, more and more seldom, at the least
    once a minute; a row that fails each time is its batch's to give up or to go around.
    """

    def __init__(
        self,
        do_batch: Callable[[], Awaitable[int | None]],
        *,
        name: str,
        poll_seconds: float = _POLL_SECONDS,
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        """`do_batch` does one batch and answers how much there was in it; nothing or None: all is done for now."""
        self._do_batch = do_batch
        self._name = name
        self._poll_seconds = poll_seconds
        self._pause_seconds = pause_seconds

    async def run(self) -> None:
        """Until cancelled, through outages of what it needs and failures nobody foresaw."""
        pause = self._pause_seconds
        while True:
            try:
                while await self._do_batch():
                    pause = self._pause_seconds
            except Unavailable as error:
                log.warning("%s interrupted", self._name, extra={"error": repr(error)})
                await asyncio.sleep(self._pause_seconds)
            except Exception:
                log.exception("%s failed", self._name)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            else:
                pause = self._pause_seconds
            await asyncio.sleep(self._poll_seconds)
