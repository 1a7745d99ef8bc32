"""What the use cases need from outside."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence, Set
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from content_service.domain import (
    FeedQuery,
    Job,
    Lesson,
    LinksOf,
    Matches,
    Page,
    Place,
    Progress,
    Queue,
    RatingTotals,
    SearchQuery,
    Stage,
    Status,
    Video,
    Wish,
)
from content_service.lesson.result import Rendered
from content_service.lesson.script import Script, Subject

StageProgress = Callable[[Stage, float], None]


class Reads(Protocol):
    """Videos as callers may see them."""

    async def video(self, video_id: str) -> Video | None:
        """The video if it is PUBLIC or the present caller may see it; None otherwise."""
        ...

    async def feed(self, query: FeedQuery, size: int, page_token: str) -> Page:
        """One page. Raises PageTokenInvalid."""
        ...

    async def progress(self, video_id: str) -> Progress | None:
        """How far the video is, for a caller who may see it; None when there is no job for it any more."""
        ...

    async def requested(self, request_id: str) -> Video | None:
        """The video the present caller asked for under this request id; None when there is none."""
        ...

    async def queue(self, owner: str) -> Queue:
        """What is unfinished over all accounts, as `owner` sees it who asks for a lesson now."""
        ...


class Search(Protocol):
    """Finds PUBLIC videos by words."""

    async def search(
        self, query: SearchQuery, words: Sequence[str], size: int, page_token: str, *, every: bool = True
    ) -> Matches:
        """One page of videos with every word, or with any, the last of which may be half typed, the best match first.

        Raises PageTokenInvalid.
        """
        ...

    async def alike(self, words: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """For each word that no published lesson holds, some that are and look like it; words that are known are left out."""
        ...


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
        """The video becomes PUBLIC, which took `seconds`, and video.created is told, once. Raises LeaseLost."""
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
        """Ends the job whoever works on it; that worker finds its lease lost."""
        ...

    async def requeue(self, video_id: str, now: datetime) -> None:
        """Puts an ended job back into the queue, by itself; a script it has is kept."""
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


class UnitOfWork(Protocol):
    """Opens transactions."""

    def __call__(self) -> AbstractAsyncContextManager[Work]: ...


class Judge(Protocol):
    """Decides whether a topic may and can become a lesson. The answers are JSON, to keep."""

    async def validate(self, topic: str, subject: Subject) -> bytes:
        """The curriculum's name for the topic. Raises TopicNotSupported, or Unavailable when nobody can judge now."""
        ...

    async def moderate(self, topic: str, subject: Subject, author: str) -> bytes:
        """The judgement and the policy's version, in the turn of the account `author`.

        Raises TopicRejected, or Unavailable when nobody can judge now.
        """
        ...


class ScriptWriter(Protocol):
    """Writes lessons."""

    async def write(self, job: Job) -> bytes:
        """The script as bytes to keep, in the turn of the job's owner; one of a batch waits behind single ones.

        Raises TopicNotSupported, or Unavailable.
        """
        ...

    async def check(self, script: bytes) -> bytes:
        """What was found in a script that may be spoken, as JSON to keep. Raises ScriptRefused, or Unavailable."""
        ...

    def read(self, script: bytes) -> tuple[Script, dict[str, object]]:
        """What `write` answered, as a script and its provenance."""
        ...


class Renderer(Protocol):
    """Speaks, draws and films a lesson, each stage from what those before it left in the job's folder."""

    async def perform(self, stage: Stage, script: Script, folder: Path, progress: StageProgress) -> bytes:
        """JSON about the files that now lie in the folder, to keep. Raises LessonError, or RendererCrashed."""
        ...

    def rendered(self, artifact: bytes) -> Rendered:
        """What `perform` answered for RENDER."""
        ...


class Workshop(Protocol):
    """Folders in which lessons are made, out of everybody's sight."""

    def folder(self, video_id: str) -> Path:
        """The job's folder, with what its earlier attempts left. Raises OSError."""
        ...

    def holds(self, video_id: str, stage: Stage) -> bool:
        """Whether the files of the stage are there, whole."""
        ...

    def clear(self, video_id: str) -> None:
        """Removes the job's folder; a repeat changes nothing."""
        ...

    def sweep(self, before: datetime) -> None:
        """Removes folders in which nothing was done since `before`."""
        ...


class Media(Protocol):
    """Where finished files lie. Everything raises MediaNotStored when the store refuses or does not answer."""

    async def store(self, video_id: str, folder: Path) -> None:
        """Copies the folder's files into the store, where nobody is led to them before `show`."""
        ...

    async def show(self, video_id: str, *, visible: bool) -> None:
        """Puts stored media into sight or takes them out of it, each file whole; without media, or done before, nothing."""
        ...

    async def remove(self, video_id: str) -> None:
        """Removes what was stored; a repeat changes nothing."""
        ...

    async def stored(self) -> Mapping[str, Set[Place]]:
        """Where there are files of which video, SHOWN or HIDDEN; in both places while they are moved."""
        ...


class MediaLinks(Protocol):
    """Where clients find published files."""

    async def links(self, videos: Iterable[Video]) -> LinksOf:
        """Links of those of the videos that are PUBLIC. Raises MediaNotStored."""
        ...


class Announcer(Protocol):
    """Tells those who watch at this moment."""

    async def announce(self, progress: Progress) -> None:
        """Best effort: progress is never worth failing for."""
        ...


class Follower(Protocol):
    """Hears what announcers tell."""

    def follow(self, video_id: str) -> AbstractAsyncContextManager[AsyncIterator[Progress]]:
        """Progress from the moment the block begins. Raises StreamInterrupted when that is not possible."""
        ...
