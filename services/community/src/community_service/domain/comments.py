"""Videos and the comments on them: what they are and the rules they follow."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from community_service.domain.concerns import Concern
from community_service.domain.mentions import Mention
from community_service.domain.texts import plain_text
from community_service.errors import CommentNotYours, EditedTooOften, EditWindowClosed, ParentNotFound, ReplyTooDeep
from servicekit.caller import Caller

MOST_EDITS = 50
"""How often a comment may be edited; every earlier text is kept."""


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
    """What the checks said of a text. `reason` is in words for the author, empty when APPROVED.

    `resources` say where help can be found, for a text that asks for it. `phase` names the check. `retry_after` is set
    where the same text may pass later.
    """

    status: ModerationStatus
    reason: str = ""
    resources: str = ""
    phase: str = ""
    retry_after: timedelta | None = None


UNCHECKED = Verdict(
    ModerationStatus.WITHHELD,
    "The automatic check is not available at the moment, so a moderator will look at this comment first.",
    phase="model",
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
    `by_staff` tells that a moderator or admin wrote it. `reason`, `reason_code` and `resources` are for its author.

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
    by_staff: bool = False
    reason_code: Concern | None = None
    resources: str = ""
    mentions: tuple[Mention, ...] = ()

    @property
    def is_visible(self) -> bool:
        """True when everybody may read it."""
        return self.status is ModerationStatus.APPROVED and not self.deleted


@dataclass(frozen=True, slots=True)
class CommentTotals:
    """A video's visible comments; `version` grows by one with every change to them, edits included."""

    video_id: str
    count: int
    version: int


def write(
    draft: Draft,
    *,
    comment_id: str,
    author: Caller,
    depth: int,
    verdict: Verdict,
    mentions: tuple[Mention, ...],
    now: datetime,
) -> Comment:
    """The comment that a draft becomes once it is judged."""
    return Comment(
        id=comment_id,
        video_id=draft.video_id,
        user_id=author.id,
        parent_id=draft.parent_id,
        text=plain_text(draft.text),
        status=verdict.status,
        reason=verdict.reason,
        request_id=draft.request_id,
        reply_count=0,
        create_time=now,
        update_time=now,
        depth=depth,
        by_staff=author.is_moderator,
        resources=verdict.resources,
        mentions=mentions,
    )


def check_author(comment: Comment, user_id: str) -> None:
    """Raises CommentNotYours."""
    if comment.user_id != user_id:
        raise CommentNotYours(comment=comment.id)


def check_edit_window(comment: Comment, window: timedelta, now: datetime) -> None:
    """Raises EditWindowClosed when the comment is older than that."""
    if now - comment.create_time > window:
        raise EditWindowClosed(comment=comment.id, minutes=str(round(window.total_seconds() / 60)))


def edit(comment: Comment, text: str, verdict: Verdict, mentions: tuple[Mention, ...], now: datetime) -> Comment:
    """The comment with another text, which counts as judged. What a moderator has to see first stays hidden."""
    edited = replace(comment, text=text, mentions=mentions, edited=True, update_time=now)
    if not comment.is_visible:
        return replace(edited, resources=verdict.resources or comment.resources)
    return replace(edited, status=verdict.status, reason=verdict.reason, resources=verdict.resources)


def check_edits(earlier: int, comment: Comment) -> None:
    """Raises EditedTooOften when that many earlier texts are more than anybody needs."""
    if earlier > MOST_EDITS:
        raise EditedTooOften(comment=comment.id, most=str(MOST_EDITS))


def delete(comment: Comment, now: datetime) -> Comment:
    """What is left of a deleted comment."""
    return replace(comment, text="", mentions=(), deleted=True, update_time=now)


def depth_below(parent: Comment | None, parent_id: str, video: Video, deepest: int) -> int:
    """How deep an answer to `parent` stands. Raises ParentNotFound unless that is a visible one on the video; ReplyTooDeep."""
    if parent is None or parent.video_id != video.id or not parent.is_visible:
        raise ParentNotFound(comment=parent_id)
    if parent.depth >= deepest:
        raise ReplyTooDeep(fields={"parentId": "is as deep as a thread goes"}, comment=parent_id, deepest=str(deepest))
    return parent.depth + 1
