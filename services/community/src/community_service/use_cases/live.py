"""Comments as they happen: one subscription a process, fanned out in memory to every stream it serves.

What a stream may have missed, before it opened or while NATS was away, is read from the database once.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta

from community_service.domain.changes import Change, Happening
from community_service.errors import TooManyWatchers, VideoNotFound, WatchTooSlow
from community_service.ports import Reads
from community_service.use_cases.acting import COMMUNITY
from community_service.use_cases.videos import PublicVideos
from servicekit.caller import acting_as
from servicekit.errors import ServiceError

# More than that, and reading the list again is cheaper for everybody.
MOST_MISSED = 200
# Of the database's connections: after an outage every stream wants to catch up at once.
_CATCHING_UP = 3


class Seat:
    """One stream's place: holds at most `backlog` changes its reader has not taken yet."""

    def __init__(self, backlog: int) -> None:
        self._waiting: asyncio.Queue[Change | None] = asyncio.Queue(backlog)
        self._end: ServiceError | None = None

    def put(self, change: Change | None) -> bool:
        """Never waits. False when the reader is too far behind; it is told so when it reads again.

        None says that changes may have been missed.
        """
        try:
            self._waiting.put_nowait(change)
        except asyncio.QueueFull:
            self.end(WatchTooSlow())
        return self._end is None

    def end(self, why: ServiceError) -> None:
        """The reader is told that and nothing else, also instead of what it has not taken yet."""
        self._end = why
        with suppress(asyncio.QueueFull):  # a full queue wakes the reader as well
            self._waiting.put_nowait(None)

    async def next(self) -> Change | None:
        """The next change, when there is one. Raises WatchTooSlow, and why the stream was ended."""
        change = await self._waiting.get()
        if self._end:
            raise self._end
        return change


class Audience:
    """Everybody in this process who watches the comments of some video."""

    def __init__(self, *, seats: int = 1500, backlog: int = 64) -> None:
        """At most `seats` streams, each at most `backlog` changes behind."""
        self._seats = seats
        self._backlog = backlog
        self._by_video: defaultdict[str, set[Seat]] = defaultdict(set)

    def __len__(self) -> int:
        return sum(map(len, self._by_video.values()))

    def tell(self, change: Change) -> None:
        """Hands the change to every stream of its video; a reader too slow loses its seat, the others nothing."""
        self._put(change.video_id, change)

    def catch_up(self) -> None:
        """Tells every stream that changes may have been missed."""
        for video_id in list(self._by_video):
            self._put(video_id, None)

    def dismiss(self, video_id: str) -> None:
        """Ends every stream of a video that is public no more: what is said on it is no longer for everybody."""
        for seat in self._by_video.pop(video_id, ()):
            seat.end(VideoNotFound(video=video_id))

    @contextmanager
    def seat(self, video_id: str) -> Iterator[Seat]:
        """A seat for as long as the block lasts. Raises TooManyWatchers."""
        if len(self) >= self._seats:
            raise TooManyWatchers(retry_after=timedelta(seconds=10))
        seat = Seat(self._backlog)
        self._by_video[video_id].add(seat)
        try:
            yield seat
        finally:
            self._leave(video_id, seat)

    def _put(self, video_id: str, change: Change | None) -> None:
        for seat in list(self._by_video.get(video_id, ())):
            if not seat.put(change):
                self._leave(video_id, seat)

    def _leave(self, video_id: str, seat: Seat) -> None:
        seats = self._by_video.get(video_id, set())
        seats.discard(seat)
        if not seats:
            self._by_video.pop(video_id, None)


class LiveComments:
    """Watching a video's comments, from now on or from where an earlier stream ended."""

    def __init__(
        self,
        videos: PublicVideos,
        reads: Reads,
        audience: Audience,
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

    async def _follow(self, video_id: str, seat: Seat, seen: int | None) -> AsyncIterator[Change]:
        at = await self._version(video_id) if seen is None else seen
        missed = [] if seen is None else await self._missed(video_id, at)
        for change in missed or [Change(Happening.ALIVE, video_id, at)]:
            yield change
            at = change.version
        async for told in self._told(seat):
            for change in await self._next(video_id, at, told):
                yield change
                at = change.version

    async def _told(self, seat: Seat) -> AsyncIterator[Change | Happening | None]:
        """What the seat holds; ALIVE when nothing happens for as long as the heartbeat."""
        while True:
            try:
                async with asyncio.timeout(self._heartbeat.total_seconds()):
                    told: Change | Happening | None = await seat.next()
            except TimeoutError:
                told = Happening.ALIVE
            yield told

    async def _next(self, video_id: str, at: int, told: Change | Happening | None) -> list[Change]:
        """What follows the version `at`: nothing for what was told before, all that was missed where there is a gap."""
        if told is Happening.ALIVE:
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
