"""What creators and moderators do with videos that exist: delete, cancel, retry, decide; and counting who watches."""

from datetime import timedelta

from content_service.domain import Status, Video, estimates, hour_of, may_manage
from content_service.errors import MoveNotAllowed, VideoNotFound, VideoNotYours
from content_service.ports import Reads, UnitOfWork
from content_service.use_cases.room import check_room
from servicekit.caller import current_caller
from servicekit.clock import Clock

_CANCELLED = "It was cancelled. Ask for it again with :retry."
_KEEP_VIEWS = timedelta(hours=2)


class Management:
    """Changes of videos that exist, each by the status machine."""

    def __init__(self, reads: Reads, unit_of_work: UnitOfWork, clock: Clock) -> None:
        self._reads = reads
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def delete(self, video_id: str) -> None:
        """Hides the video at once; its media go soon after. Raises VideoNotFound, VideoNotYours."""
        await self._managed(video_id)
        now = self._clock()
        async with self._unit_of_work() as work:
            await work.stop_job(video_id, now)
            await work.move(video_id, Status.DELETED, "", now)

    async def cancel(self, video_id: str) -> Video:
        """Stops the making. Raises VideoNotFound, VideoNotYours, MoveNotAllowed."""
        before = await self._managed(video_id)
        now = self._clock()
        async with self._unit_of_work() as work:
            await work.stop_job(video_id, now)
            return await work.move(video_id, Status.FAILED, _CANCELLED, now) or _refused(before, Status.FAILED)

    async def retry(self, video_id: str) -> Video:
        """Makes a FAILED video again, from the stage that failed; moderators also beyond what its owner may have waiting.

        Raises VideoNotFound, VideoNotYours, MoveNotAllowed, TooManyLessons.
        """
        before, now = await self._managed(video_id), self._clock()
        queue = await self._reads.queue(before.created_by)
        async with self._unit_of_work() as work:
            await work.take_turn(before.created_by)
            await work.hold_media(
                video_id
            )  # whoever removes what the failed attempt left is done before the next begins
            await work.requeue(video_id, now)
            await work.expect(video_id, estimates(now, queue, [before.difficulty])[0])
            video = await work.move(video_id, Status.PENDING, "", now) or _refused(before, Status.PENDING)
            await work.tell_requested(video)
            if not current_caller().is_moderator:
                await check_room(work, video.created_by, new=1)
        return video

    async def decide(self, video_id: str, status: Status, reason: str) -> Video:
        """A moderator's PUBLIC or REJECTED. Raises VideoNotFound, MoveNotAllowed."""
        before = await self._found(video_id)
        if status is Status.PUBLIC and not before.duration:
            raise MoveNotAllowed(video=video_id, status=before.status, wanted=status.value)
        now = self._clock()
        async with self._unit_of_work() as work:
            if status is not Status.PUBLIC:
                await work.stop_job(video_id, now)
            video = await work.move(video_id, status, reason, now) or _refused(before, status)
            if status is Status.PUBLIC:
                await work.tell_created(video)
        return video

    async def view(self, video_id: str) -> None:
        """Counts the caller once this hour; one's own video does not count. Raises VideoNotFound."""
        video, viewer = await self._found(video_id), current_caller().id
        if video.created_by != viewer and video.status == Status.PUBLIC:
            async with self._unit_of_work() as work:
                await work.add_view(video.id, viewer, hour_of(self._clock()))

    async def _found(self, video_id: str) -> Video:
        if video := await self._reads.video(video_id):
            return video
        raise VideoNotFound(video=video_id)

    async def _managed(self, video_id: str) -> Video:
        video, caller = await self._found(video_id), current_caller()
        if not may_manage(video, caller.id, moderator=caller.is_moderator):
            raise VideoNotYours(video=video_id)
        return video


def _refused(video: Video, wanted: Status) -> Video:
    """Undoes the transaction it is called in."""
    raise MoveNotAllowed(video=video.id, status=video.status, wanted=wanted.value)


async def count_views(unit_of_work: UnitOfWork, clock: Clock) -> int:
    """One batch of recorded views into counts. Returns how many videos it touched."""
    async with unit_of_work() as work:
        touched = await work.count_views()
        await work.forget_views(clock() - _KEEP_VIEWS)
    return touched
