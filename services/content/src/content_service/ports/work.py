"""What is changed in one transaction."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from content_service.domain import (
    Job,
    Lesson,
    Place,
    RatingTotals,
    Stage,
    Status,
    Video,
    Wish,
)


class Work(Protocol):
    """One transaction over videos and jobs.

    Whoever changes both changes the job first, as workers do: see the order of locks in docs/database.md.
    """

    async def add_video(self, video_id: str, owner: str, wish: Wish, now: datetime, ready: datetime) -> Video | None:
        """The new video in PENDING; None when the owner's request id exists already."""
        ...

    async def add_job(self, video: Video, seed: int, *, batch: bool) -> None:
        """Puts the video into the queue, by itself or as one of many, and tells video.requested."""
        ...

    async def take_turn(self, owner: str) -> None:
        """From here to the end no other transaction that takes a turn adds to what the owner has waiting."""
        ...

    async def waiting(self, owner: str) -> int:
        """How many of the owner's lessons are not made yet, those of this transaction among them."""
        ...

    async def claim(self, worker: str, now: datetime, until: datetime) -> Job | None:
        """Leases the next job that is free or whose lease has run out, its video becoming PROCESSING; None when idle.

        First what was begun, then single lessons, then those of batches that have not waited for PATIENCE; in each, accounts
        take turns.
        """
        ...

    async def expect(self, video_id: str, ready: datetime) -> None:
        """Keeps when the video should be ready."""
        ...

    async def foretell(self, now: datetime, seen: datetime) -> None:
        """Keeps anew when those that wait should be ready, in the order of `claim`, by as many workers as were seen since."""
        ...

    async def see(self, worker: str, now: datetime, forget: datetime) -> None:
        """Notes that `worker` is at work, and forgets those not seen since `forget`."""
        ...

    async def free(self, worker: str) -> None:
        """Frees what `worker` left leased; for a worker that begins, whose predecessor of the same name is dead."""
        ...

    async def extend(self, video_id: str, worker: str, until: datetime) -> None:
        """Keeps the lease. Raises LeaseLost."""
        ...

    async def save_stage(self, video_id: str, worker: str, stage: Stage, percent: int) -> None:
        """Keeps how far the job is. Raises LeaseLost."""
        ...

    async def record(
        self, video_id: str, worker: str, stage: Stage, artifact: bytes, seconds: float, now: datetime
    ) -> None:
        """Keeps what a stage has made in `seconds` of work, so that a retry begins after it. Raises LeaseLost."""
        ...

    async def finish(self, video_id: str, worker: str, lesson: Lesson, seconds: float, now: datetime) -> None:
        """The video becomes PUBLIC, which took `seconds`, and video.created is told, once.

        Raises LeaseLost, also when the video may not become so (`CAME_FROM`).
        """
        ...

    async def release(self, video_id: str, worker: str, not_before: datetime) -> None:
        """Gives the job back to the queue. Raises LeaseLost."""
        ...

    async def fail(self, video_id: str, worker: str, status: Status, message: str, now: datetime) -> None:
        """The video becomes FAILED or REJECTED and the job ends. Raises LeaseLost."""
        ...

    async def move(self, video_id: str, status: Status, message: str, now: datetime) -> Video | None:
        """The video in its new status, told to others; None when it is not there or may not move so (`CAME_FROM`)."""
        ...

    async def stop_job(self, video_id: str, now: datetime) -> None:
        """Ends the job whoever works on it; that worker finds its lease lost. From here on nobody asks for it again."""
        ...

    async def requeue(self, video_id: str, now: datetime) -> None:
        """Puts an ended job back into the queue, by itself; a script it has is kept. From here on nobody stops it."""
        ...

    async def tell_requested(self, video: Video) -> None:
        """Tells video.requested."""
        ...

    async def tell_created(self, video: Video) -> None:
        """Tells video.created for a video that became PUBLIC by decision."""
        ...

    async def add_view(self, video_id: str, viewer: str, hour: datetime) -> None:
        """Records that somebody watched; a repeat in the same hour changes nothing."""
        ...

    async def count_views(self) -> int:
        """Adds recorded views to their videos and tells video.viewed. Returns of how many videos."""
        ...

    async def forget_views(self, before: datetime) -> None:
        """Deletes counted views of earlier hours."""
        ...

    async def hold_media(self, video_id: str) -> None:
        """From here to the end no other transaction that holds the video's media moves or removes them."""
        ...

    async def places(self, video_ids: Sequence[str]) -> Mapping[str, Place | None]:
        """Where media belong now, of those of the videos that exist; None for one that is being made."""
        ...

    async def apply_rating(self, totals: RatingTotals) -> None:
        """Keeps the totals when their version is the highest so far."""
        ...

    async def apply_comment_count(self, video_id: str, count: int, version: int) -> None:
        """Keeps the count when its version is the highest so far."""
        ...

    async def unnamed(self, after: str, most: int) -> Sequence[Video]:
        """At most so many published videos that search knows without the other names of their topics, by id `after` one."""
        ...

    async def name(self, video: Video, aliases: Sequence[str]) -> None:
        """Search knows the video by these names of its topic as well; a repeat changes nothing."""
        ...


class UnitOfWork(Protocol):
    """Opens transactions."""

    def __call__(self) -> AbstractAsyncContextManager[Work]: ...
