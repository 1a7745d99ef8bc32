"""Comments as they happen.

What a stream may have missed, before it opened or while NATS was away, is read from the database once.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from community_service.domain.changes import Change, Happening
from community_service.ports import Reads
from community_service.use_cases.acting import COMMUNITY
from community_service.use_cases.videos import PublicVideos
from servicekit.caller import acting_as
from servicekit.live import Audience, Seat, Sign

# More than that, and reading the list again is cheaper for everybody.
MOST_MISSED = 200
# Of the database's connections: after an outage every stream wants to catch up at once.
_CATCHING_UP = 3


INSTEAD = "list the comments with GET /v1/videos/{videoId}/comments"


class LiveComments:
    """Watching a video's comments, from now on or from where an earlier stream ended."""

    def __init__(
        self,
        videos: PublicVideos,
        reads: Reads,
        audience: Audience[Change],
        *,
        heartbeat: timedelta = timedelta(seconds=15),
        most_missed: int = MOST_MISSED,
    ) -> None:
        self._videos = videos
        self._reads = reads
        self._audience = audience
        self._heartbeat = heartbeat
        self._most_missed = most_missed
        self._catching_up = asyncio.Semaphore(_CATCHING_UP)

    @asynccontextmanager
    async def watch(self, video_id: str, seen: int | None = None) -> AsyncIterator[AsyncIterator[Change]]:
        """Each change once and in order, after the version `seen` or from the moment the block begins (None).

        The first one is ALIVE unless something was missed; it tells where the stream stands. Raises VideoNotFound,
        TooManyWatchers. Reading raises WatchTooSlow, and VideoNotFound once the video is withdrawn or deleted.
        """
        await self._videos.find(video_id)
        # The seat first: what happens while the database answers waits in it.
        with self._audience.seat(video_id) as seat:
            yield self._follow(video_id, seat, seen)

    async def _follow(self, video_id: str, seat: Seat[Change], seen: int | None) -> AsyncIterator[Change]:
        at = await self._version(video_id) if seen is None else seen
        missed = [] if seen is None else await self._missed(video_id, at)
        for change in missed or [Change(Happening.ALIVE, video_id, at)]:
            yield change
            at = change.version
        async for told in seat.told(self._heartbeat):
            for change in await self._next(video_id, at, told):
                yield change
                at = change.version

    async def _next(self, video_id: str, at: int, told: Change | Sign) -> list[Change]:
        """What follows the version `at`: nothing for what was told before, all that was missed where there is a gap."""
        if told is Sign.SILENCE:
            return [Change(Happening.ALIVE, video_id, at)]
        if isinstance(told, Change) and told.version <= at + 1:
            return [told] if told.version == at + 1 else []
        return await self._missed(video_id, at)

    async def _missed(self, video_id: str, since: int) -> list[Change]:
        """What happened after that version; RELOAD when that is too much, or no version of this video."""
        async with self._catching_up:
            with acting_as(COMMUNITY):  # what was removed is read as well, to tell that it is gone
                now = await self._reads.comments.version_of(video_id)
                found = await self._reads.comments.changed(video_id, since, self._most_missed + 1)
        if since > now or len(found) > self._most_missed:
            return [Change(Happening.RELOAD, video_id, max(now, *(change.version for change in found), 0))]
        return found

    async def _version(self, video_id: str) -> int:
        return await self._reads.comments.version_of(video_id)
