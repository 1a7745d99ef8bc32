"""Streams last for hours, so each caller may have only so many: one account must not take every place of a process."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from servicekit.caller import Caller, Role
from servicekit.errors import ResourceExhausted

MOST_STREAMS = 20
"""Streams one account may have open at a process: several devices, several pages each."""


class TooManyStreams(ResourceExhausted):
    """The caller has as many streams open as one account may have."""

    reason = "TOO_MANY_STREAMS"
    message = "You have {most} live streams open here, as many as one account may have. Close one and try again."


class OpenStreams:
    """Who has how many streams open at this process. Services of the mesh are not counted."""

    def __init__(self, most: int = MOST_STREAMS) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    @contextmanager
    def place(self, caller: Caller | None) -> Iterator[None]:
        """A place for one stream, for as long as the block lasts. Raises TooManyStreams."""
        if caller is None or caller.role is Role.SERVICE:
            yield
            return
        if self._open[caller.id] >= self._most:
            raise TooManyStreams(retry_after=timedelta(seconds=10), most=str(self._most))
        self._open[caller.id] += 1
        try:
            yield
        finally:
            self._open[caller.id] -= 1
            if not self._open[caller.id]:
                del self._open[caller.id]
