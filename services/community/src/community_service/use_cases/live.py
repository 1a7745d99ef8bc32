"""Comments as they happen: one subscription a process, fanned out in memory to every stream it serves."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

from community_service.domain.comments import Change
from community_service.errors import TooManyWatchers, WatchTooSlow
from community_service.use_cases.videos import PublicVideos


class Seat:
    """One stream's place: holds at most `backlog` changes its reader has not taken yet."""

    def __init__(self, backlog: int) -> None:
        self._waiting: asyncio.Queue[Change] = asyncio.Queue(backlog)
        self._overrun = False

    def put(self, change: Change) -> bool:
        """Never waits. False when the reader is too far behind; it is told so when it reads again."""
        try:
            self._waiting.put_nowait(change)
        except asyncio.QueueFull:
            self._overrun = True
        return not self._overrun

    async def changes(self, heartbeat: timedelta) -> AsyncIterator[Change | None]:
        """Every change; None when nothing happens for as long as `heartbeat`. Raises WatchTooSlow."""
        while True:
            try:
                change = await asyncio.wait_for(self._waiting.get(), heartbeat.total_seconds())
            except TimeoutError:
                change = None
            if self._overrun:
                raise WatchTooSlow
            yield change


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
        video_id = change.comment.video_id
        for seat in list(self._by_video.get(video_id, ())):
            if not seat.put(change):
                self._leave(video_id, seat)

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

    def _leave(self, video_id: str, seat: Seat) -> None:
        seats = self._by_video.get(video_id, set())
        seats.discard(seat)
        if not seats:
            self._by_video.pop(video_id, None)


class LiveComments:
    """Watching a video's comments."""

    def __init__(
        self, videos: PublicVideos, audience: Audience, *, heartbeat: timedelta = timedelta(seconds=15)
    ) -> None:
        self._videos = videos
        self._audience = audience
        self._heartbeat = heartbeat

    @asynccontextmanager
    async def watch(self, video_id: str) -> AsyncIterator[AsyncIterator[Change | None]]:
        """Changes from the moment the block begins, None as a sign of life. Raises VideoNotFound, TooManyWatchers."""
        await self._videos.find(video_id)
        with self._audience.seat(video_id) as seat:
            yield seat.changes(self._heartbeat)
