"""Comments, as the caller may see and change them."""

from datetime import datetime
from typing import Protocol

from community_service.domain.changes import Change
from community_service.domain.comments import Comment, CommentTotals, Sort
from community_service.domain.phases import Written

# The last row of the page before: its sort key (creation time, or number of answers for TOP) and its id.
Cursor = tuple[datetime | int, str]


class CommentReader(Protocol):
    """Comments as the caller may see them: visible ones, own ones, and all for moderators."""

    async def get(self, comment_id: str) -> Comment | None:
        """One comment; None when there is none or the caller may not see it."""
        ...

    async def by_request(self, user_id: str, request_id: str) -> Comment | None:
        """The comment an earlier request with that id made; None when there was none."""
        ...

    async def threads(self, video_id: str, sort: Sort, size: int, after: Cursor | None) -> list[Comment]:
        """Up to `size` top-level comments of a video that follow the one with the sort key `after` (None: the first)."""
        ...

    async def replies(self, comment_id: str, size: int, after: Cursor | None) -> list[Comment]:
        """Up to `size` answers to a comment, the oldest first, that follow the one with the sort key `after`."""
        ...

    async def revisions(self, comment_id: str) -> list[Written]:
        """Texts the comment had before and when they were written, the first one first.

        For its author and moderators; empty for others.
        """
        ...

    async def recent(self, user_id: str, since: datetime, request_id: str | None) -> list[Written]:
        """Up to 100 comments the account wrote after `since`, deleted ones without their text, the newest first.

        Not the one that this very request made, if it was sent twice.
        """
        ...

    async def version_of(self, video_id: str) -> int:
        """How often everybody saw a video's comments change; 0 for never."""
        ...

    async def changed(self, video_id: str, since: int, most: int) -> list[Change]:
        """What became of up to `most` comments that changed after that version, in the order of their last change.

        For the service itself: another caller would not read what was removed.
        """
        ...

    async def count_published(self, user_id: str, most: int) -> int:
        """How many comments of the account everybody may read, counted up to `most`."""
        ...


class Comments(CommentReader, Protocol):
    """Comments inside a unit of work."""

    async def take_turn(self, user_id: str) -> None:
        """Waits until no other unit of work has the turn of the account, then has it until the end."""
        ...

    async def lock(self, comment_id: str) -> Comment | None:
        """One comment that the caller may change, deleted or not; nobody else does until the work ends."""
        ...

    async def save(self, comment: Comment) -> None:
        """Saves a comment that was locked."""
        ...

    async def keep_revision(self, comment: Comment) -> int:
        """Keeps the text that is about to be replaced. Returns how many are kept now."""
        ...

    async def add(self, comment: Comment) -> bool:
        """False, and nothing saved, when the author's request id has made a comment already."""
        ...

    async def count_visible(self, comment: Comment) -> CommentTotals:
        """Counts a comment that became visible, with its video and with its parent; the totals stay locked."""
        ...

    async def count_hidden(self, comment: Comment) -> CommentTotals:
        """The same for a comment that was visible and is no longer."""
        ...

    async def count_edited(self, comment: Comment) -> CommentTotals:
        """The video's next version, for a visible comment that has another text."""
        ...

    async def forget_video(self, video_id: str) -> None:
        """Deletes all comments on a video and their totals."""
        ...
