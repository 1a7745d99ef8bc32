"""What the use cases need from outside. "Absent" is None, never an exception, unless a docstring says otherwise."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from community_service.domain.appeals import Appeal
from community_service.domain.comments import Comment, CommentTotals
from community_service.domain.moderation import Decision
from community_service.domain.ratings import Rating, RatingTotals
from community_service.ports.comments import CommentReader, Comments, Cursor
from community_service.ports.moderation import AppealReader, Appeals, Queue, QueueCursor, QueueReader
from community_service.ports.peers import Catalogue, Directory, Moderator
from community_service.ports.ratings import RatingReader, Ratings
from community_service.ports.videos import VideoReader, Videos

__all__ = [
    "AppealReader",
    "Appeals",
    "Catalogue",
    "CommentReader",
    "Comments",
    "Cursor",
    "Directory",
    "Moderator",
    "Queue",
    "QueueCursor",
    "QueueReader",
    "RatingReader",
    "Ratings",
    "Reads",
    "Store",
    "VideoReader",
    "Videos",
    "Work",
]


class Reads(Protocol):
    """Reads outside a transaction, each for itself."""

    @property
    def comments(self) -> CommentReader: ...

    @property
    def queue(self) -> QueueReader: ...

    @property
    def appeals(self) -> AppealReader: ...

    @property
    def ratings(self) -> RatingReader: ...

    @property
    def videos(self) -> VideoReader: ...


class Work(Protocol):
    """One unit of work: all of it is saved or none."""

    @property
    def comments(self) -> Comments: ...

    @property
    def queue(self) -> Queue: ...

    @property
    def appeals(self) -> Appeals: ...

    @property
    def ratings(self) -> Ratings: ...

    @property
    def videos(self) -> Videos: ...

    async def comment_created(self, comment: Comment, totals: CommentTotals) -> None:
        """Tells everybody about a comment that became visible, once the work is saved."""
        ...

    async def comment_updated(self, before: Comment, comment: Comment, totals: CommentTotals) -> None:
        """Tells everybody that a visible comment has another text, and whom it mentions now, once the work is saved."""
        ...

    async def comment_deleted(self, comment: Comment, totals: CommentTotals) -> None:
        """Tells everybody that a comment is no longer visible, without what it said, once the work is saved."""
        ...

    async def comment_moderated(
        self, comment: Comment, decision: Decision | None, appeal: Appeal | None = None
    ) -> None:
        """Tells what was decided on a comment, once the work is saved; None when reports alone did.

        `appeal` is the one that was answered, if any.
        """
        ...

    async def rating_submitted(self, rating: Rating, totals: RatingTotals) -> None:
        """Tells everybody about a rating that was given or changed, once the work is saved."""
        ...

    async def rating_deleted(self, rating: Rating, totals: RatingTotals) -> None:
        """Tells everybody about a rating that was taken back, once the work is saved."""
        ...


class Store(Protocol):
    """The service's data."""

    @property
    def reads(self) -> Reads: ...

    def begin(self) -> AbstractAsyncContextManager[Work]:
        """A unit of work: saved when the block ends, undone when it raises."""
        ...
