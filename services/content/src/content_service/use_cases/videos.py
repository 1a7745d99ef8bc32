"""What people do with lesson videos."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

from content_service.domain import (
    MAX_SEED,
    FeedQuery,
    Page,
    Progress,
    Status,
    Video,
    Wish,
    estimates,
    progress_of,
)
from content_service.errors import StreamInterrupted, VideoNotFound
from content_service.lesson.script import Subject
from content_service.ports import Follower, Judge, Reads, UnitOfWork
from content_service.use_cases.room import check_room
from servicekit.caller import current_caller
from servicekit.clock import Clock

# A lost announcement must not leave a watcher behind: after this long the state is read again.
_REREAD_SECONDS = 5.0
# Of the topics of a batch. What a model has no room (32 may wait for it) or no time for (5 s, so 1.25 s each where it judges
# one at a time), rules alone decide, until the worker asks again.
_JUDGED_AT_ONCE = 4


class Videos:
    """Asking for lessons, finding them, following their making."""

    def __init__(
        self,
        reads: Reads,
        unit_of_work: UnitOfWork,
        judge: Judge,
        follower: Follower,
        clock: Clock,
        ids: Callable[[], str],
    ) -> None:
        self._reads = reads
        self._unit_of_work = unit_of_work
        self._judge = judge
        self._follower = follower
        self._clock = clock
        self._ids = ids

    async def create(self, wish: Wish) -> Video:
        """A new video in PENDING, or the one that the same request id made before."""
        return (await self.create_all([wish]))[0]

    async def create_all(self, wishes: Sequence[Wish]) -> list[Video]:
        """All of them or none, in the order asked for; a repeated request id answers the video it made before."""
        earlier = [await self._earlier(wish) for wish in wishes]
        new = [wish for wish, video in zip(wishes, earlier, strict=True) if video is None]
        await self._judge_all(dict.fromkeys((wish.topic, wish.subject) for wish in new))
        made = iter(await self._add(new) if new else [])
        videos = [video or next(made) for video in earlier]
        # None: the same request id won a race against us, and its video is the answer.
        return [video or await self._winner(wish) for wish, video in zip(wishes, videos, strict=True)]

    async def _judge_all(self, topics: Iterable[tuple[str, Subject]]) -> None:
        """A few at once: one after the other, a model takes longer than anybody waits. Raises for the first refused."""
        places = asyncio.Semaphore(_JUDGED_AT_ONCE)
        outcomes = (self._judged(places, *each) for each in topics)
        for outcome in await asyncio.gather(*outcomes, return_exceptions=True):
            if outcome:
                raise outcome

    async def _judged(self, places: asyncio.Semaphore, topic: str, subject: Subject) -> None:
        async with places:
            # What must not be taught is refused before anybody looks for it in the curriculum.
            await self._judge.moderate(topic, subject, current_caller().id)
            await self._judge.validate(topic, subject)

    async def _add(self, wishes: Sequence[Wish]) -> list[Video | None]:
        now, owner, batch = self._clock(), current_caller().id, len(wishes) > 1
        times = estimates(now, await self._reads.queue(owner), [wish.difficulty for wish in wishes], batch=batch)
        videos = list[Video | None]()
        async with self._unit_of_work() as work:
            await work.take_turn(owner)
            for wish, ready in zip(wishes, times, strict=True):
                video = await work.add_video(self._ids(), owner, wish, now, ready)
                if video:
                    await work.add_job(video, secrets.randbelow(MAX_SEED), batch=batch)
                videos.append(video)
            await check_room(work, owner, new=sum(video is not None for video in videos))
        return videos

    async def _earlier(self, wish: Wish) -> Video | None:
        video = await self._reads.requested(wish.request_id) if wish.request_id else None
        if video and video.status == Status.DELETED:
            raise VideoNotFound(video=video.id)
        return video

    async def _winner(self, wish: Wish) -> Video:
        if video := await self._earlier(wish):
            return video
        raise VideoNotFound(video=wish.request_id or "")

    async def get(self, video_id: str) -> Video:
        """The video. Raises VideoNotFound when the caller may not see it."""
        if video := await self._reads.video(video_id):
            return video
        raise VideoNotFound(video=video_id)

    async def feed(self, query: FeedQuery, size: int, page_token: str) -> Page:
        """A page of the feed. Raises PageTokenInvalid."""
        return await self._reads.feed(query, size, page_token)

    async def watch(self, video_id: str) -> AsyncIterator[Progress]:
        """The present state, then every change until the end. Raises VideoNotFound before anything else."""
        first = await self._progress(video_id)
        yield first
        if Status(first.status).final:
            return
        async with self._follower.follow(video_id) as changes:
            # What happened between the first reading and the subscription is seen by reading once more.
            async for progress in _forward(self._updates(video_id, changes), first):
                yield progress

    async def _updates(self, video_id: str, changes: AsyncIterator[Progress]) -> AsyncIterator[Progress]:
        pending: asyncio.Task[Progress | None] | None = None
        try:
            while True:
                yield await self._progress(video_id)
                while True:
                    pending = pending or asyncio.create_task(_next(changes))
                    if not (await asyncio.wait({pending}, timeout=_REREAD_SECONDS))[0]:
                        break
                    if (change := pending.result()) is None:
                        raise StreamInterrupted(video=video_id)
                    pending = None
                    yield change
        finally:
            if pending:
                pending.cancel()

    async def _progress(self, video_id: str) -> Progress:
        return await self._reads.progress(video_id) or progress_of(await self.get(video_id))


async def _next(changes: AsyncIterator[Progress]) -> Progress | None:
    return await anext(changes, None)


async def _forward(updates: AsyncIterator[Progress], last: Progress) -> AsyncIterator[Progress]:
    """Only what moves forward, up to the end: announcements may arrive late, twice or not at all."""
    async for progress in updates:
        if Status(progress.status).final:
            yield progress
            return
        if progress.follows(last):
            last = progress
            yield progress
