"""What the use cases need from outside. "Absent" is None, never an exception, unless a docstring says otherwise."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from community_service.domain.appeals import Appeal
from community_service.domain.changes import Change
from community_service.domain.comments import Comment, CommentTotals, Sort, Verdict, Video
from community_service.domain.concerns import Concern
from community_service.domain.mentions import Called, Person
from community_service.domain.moderation import Decision, QueueItem, Record, Report
from community_service.domain.phases import Written
from community_service.domain.ratings import Rating, RatingTotals

# The last row of the page before: its sort key (creation time, or number of answers for TOP) and its id.
Cursor = tuple[datetime | int, str]
# How pressing the last item of the page before was, and its comment's id.
QueueCursor = tuple[float, str]


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

    async def revisions(self, comment_id: str) -> list[str]:
        """Texts the comment had before, the first one first; for its author and moderators, empty for others."""
        ...

    async def recent(self, user_id: str, since: datetime) -> list[Written]:
        """Up to 100 comments the account wrote after `since`, deleted ones without their text, the newest first."""
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

    async def keep_revision(self, comment: Comment) -> None:
        """Keeps the text that is about to be replaced."""
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


class QueueReader(Protocol):
    """What waits for moderators; for them alone."""

    async def page(self, size: int, after: QueueCursor | None) -> list[QueueItem]:
        """Up to `size` items, the most pressing first and then the oldest comment, that follow the one at `after`."""
        ...

    async def decisions(self, comment_id: str) -> list[Decision]:
        """The last 100 decisions on a comment, the newest first; for moderators and the author, empty for others."""
        ...

    async def sanctions(self, user_id: str) -> list[Decision]:
        """The last 100 warnings and suspensions of an account that were not overturned, the newest first."""
        ...

    async def record_of(self, reporter_id: str) -> Record:
        """What became of an account's reports."""
        ...


class Queue(QueueReader, Protocol):
    """The queue inside a unit of work."""

    async def put(self, comment_id: str, concern: Concern, now: datetime) -> None:
        """Makes a comment wait for a moderator; when it does already, for this as well."""
        ...

    async def report(self, report: Report) -> bool:
        """False, and nothing saved, when the account has reported the comment before; else the comment waits."""
        ...

    async def lock(self, comment_id: str) -> QueueItem | None:
        """The item of a comment, which nobody else changes until the work ends; None when it does not wait."""
        ...

    async def save_claim(self, item: QueueItem) -> None:
        """Saves who works on it and since when."""
        ...

    async def remove(self, comment_id: str) -> None:
        """The comment does not wait any longer, if it did."""
        ...

    async def record(self, decision: Decision) -> None:
        """Adds to the history."""
        ...

    async def last_decision(self, comment_id: str) -> Decision | None:
        """The newest decision on a comment; None when there was none."""
        ...

    async def decision(self, decision_id: str) -> Decision | None:
        """One decision; None when there is none."""
        ...

    async def overturn(self, decision_id: str) -> None:
        """The decision counts no more."""
        ...

    async def settle(self, comment_id: str, *, upheld: bool) -> None:
        """Remembers of all reports of a comment whether they were right."""
        ...


class AppealReader(Protocol):
    """Appeals, for the author and for moderators."""

    async def of_comment(self, comment_id: str) -> Appeal | None:
        """The appeal against the newest decision that was appealed; None when there is none the caller may read."""
        ...


class Appeals(AppealReader, Protocol):
    """Appeals inside a unit of work."""

    async def add(self, appeal: Appeal) -> bool:
        """False, and nothing saved, when the decision was appealed before."""
        ...

    async def lock(self, appeal_id: str) -> Appeal | None:
        """The appeal, which nobody else changes until the work ends; None when there is none."""
        ...

    async def save(self, appeal: Appeal) -> None:
        """Saves an appeal that was locked."""
        ...


class RatingReader(Protocol):
    """Ratings and their totals."""

    async def get(self, video_id: str, user_id: str) -> Rating | None:
        """The account's rating; None when there is none, or it is somebody else's."""
        ...

    async def totals(self, video_id: str) -> RatingTotals:
        """The video's totals; zeros without ratings."""
        ...


class Ratings(RatingReader, Protocol):
    """Ratings inside a unit of work."""

    async def lock_totals(self, video_id: str) -> RatingTotals:
        """The totals, locked until the unit of work ends, so that ratings of one video take turns."""
        ...

    async def save_totals(self, totals: RatingTotals) -> None: ...

    async def save(self, rating: Rating) -> None: ...

    async def remove(self, rating: Rating) -> None: ...

    async def forget_video(self, video_id: str) -> None:
        """Deletes all ratings of a video and their totals."""
        ...


class VideoReader(Protocol):
    """What this service has been told of videos."""

    async def get(self, video_id: str) -> Video | None:
        """The video; None when nothing was heard of it yet."""
        ...


class Videos(VideoReader, Protocol):
    """Videos inside a unit of work."""

    async def hold(self, video_id: str) -> Video | None:
        """The video, kept from changing until the unit of work ends; several may hold it at once."""
        ...

    async def learn(self, video: Video) -> None:
        """Saves what was heard unless something with a higher version is known; DELETED stays for good."""
        ...


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


class Moderator(Protocol):
    """Judges texts."""

    async def judge(self, text: str, video_id: str) -> Verdict:
        """What the checks say; UNCHECKED, never an exception, when they cannot be asked."""
        ...


class Directory(Protocol):
    """The accounts of the auth service."""

    async def find(self, called: Called) -> list[Person]:
        """Those that have one of the ids or names; nobody, never an exception, when auth cannot be asked."""
        ...


class Catalogue(Protocol):
    """The content service's videos."""

    async def find(self, video_id: str) -> Video | None:
        """The video when it is PUBLIC; None when there is none or it is not. Raises Unavailable when content is down."""
        ...
