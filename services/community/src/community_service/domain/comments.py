"""Videos and the comments on them: what they are and the rules they follow."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from community_service.domain.texts import plain_text
from community_service.errors import CommentNotYours, EditWindowClosed, ParentNotFound, ReplyTooDeep


class ModerationStatus(StrEnum):
    """What moderation thinks of a comment; only APPROVED is public."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHHELD = "WITHHELD"


class VideoState(StrEnum):
    """What this service knows of a video."""

    PUBLIC = "PUBLIC"
    WITHDRAWN = "WITHDRAWN"
    DELETED = "DELETED"


class Sort(StrEnum):
    """The order of a page of comments."""

    NEWEST = "newest"
    OLDEST = "oldest"
    TOP = "top"


class Happening(StrEnum):
    """What can happen to a visible comment."""

    CREATED = "CREATED"
    EDITED = "EDITED"
    REMOVED = "REMOVED"


@dataclass(frozen=True, slots=True)
class Video:
    """A video as far as viewers' words need it. `version` is that of the status it was last told; 0 before any."""

    id: str
    created_by: str
    state: VideoState = VideoState.PUBLIC
    version: int = 0

    @property
    def is_public(self) -> bool:
        """True while everybody may watch, rate and discuss it."""
        return self.state is VideoState.PUBLIC


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks said of a text. `reason` is in words for the author, empty when APPROVED."""

    status: ModerationStatus
    reason: str = ""


UNCHECKED = Verdict(
    ModerationStatus.WITHHELD,
    "The automatic check is not available at the moment, so a moderator will look at this comment first.",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A comment somebody wants to write; `request_id` makes a repeat answer the comment of the first time."""

    video_id: str
    text: str
    parent_id: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment; `parent_id` is None at the top, `request_id` None when the client gave none. `depth` is 0 at the top.

    A deleted one has no text and only stands for its answers.
    """

    id: str
    video_id: str
    user_id: str
    parent_id: str | None
    text: str
    status: ModerationStatus
    reason: str
    request_id: str | None
    reply_count: int
    create_time: datetime
    update_time: datetime
    edited: bool = False
    deleted: bool = False
    depth: int = 0

    @property
    def is_visible(self) -> bool:
        """True when everybody may read it."""
        return self.status is ModerationStatus.APPROVED and not self.deleted


@dataclass(frozen=True, slots=True)
class CommentTotals:
    """A video's visible comments; `version` grows with every change."""

    video_id: str
    count: int
    version: int


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a comment, as the event `event_id` told it."""

    happening: Happening
    comment: Comment
    event_id: str


def write(draft: Draft, *, comment_id: str, user_id: str, depth: int, verdict: Verdict, now: datetime) -> Comment:
    """The comment that a draft becomes once it is judged."""
    return Comment(
        id=comment_id,
        video_id=draft.video_id,
        user_id=user_id,
        parent_id=draft.parent_id,
        text=plain_text(draft.text),
        status=verdict.status,
        reason=verdict.reason,
        request_id=draft.request_id,
        reply_count=0,
        create_time=now,
        update_time=now,
        depth=depth,
    )


def check_author(comment: Comment, user_id: str) -> None:
    """Raises CommentNotYours."""
    if comment.user_id != user_id:
        raise CommentNotYours(comment=comment.id)


def check_edit_window(comment: Comment, window: timedelta, now: datetime) -> None:
    """Raises EditWindowClosed when the comment is older than that."""
    if now - comment.create_time > window:
        raise EditWindowClosed(comment=comment.id, minutes=str(round(window.total_seconds() / 60)))


def edit(comment: Comment, text: str, verdict: Verdict, now: datetime) -> Comment:
    """The comment with another text, which counts as judged. What a moderator has to see first stays hidden."""
    edited = replace(comment, text=text, edited=True, update_time=now)
    return replace(edited, status=verdict.status, reason=verdict.reason) if comment.is_visible else edited


def delete(comment: Comment, now: datetime) -> Comment:
    """What is left of a deleted comment."""
    return replace(comment, text="", deleted=True, update_time=now)


def depth_below(parent: Comment | None, parent_id: str, video: Video, deepest: int) -> int:
    """How deep an answer to `parent` stands. Raises ParentNotFound unless that is a visible one on the video; ReplyTooDeep."""
    if parent is None or parent.video_id != video.id or not parent.is_visible:
        raise ParentNotFound(comment=parent_id)
    if parent.depth >= deepest:
        raise ReplyTooDeep(fields={"parentId": "is as deep as a thread goes"}, comment=parent_id, deepest=str(deepest))
    return parent.depth + 1
