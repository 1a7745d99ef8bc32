"""Reports, the queue of what waits for a moderator, and decisions."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from community_service.domain.comments import Comment, ModerationStatus
from community_service.errors import ItemClaimed, NoteRequired, OwnCommentModerated, OwnCommentReported, ReasonRequired

# After it a moderator who went home no longer keeps others from the comment.
CLAIM = timedelta(minutes=30)


class Concern(StrEnum):
    """Why a comment waits for a moderator: the checks, another moderator, or somebody who reported it as that."""

    WITHHELD = "WITHHELD"
    HIDDEN = "HIDDEN"
    SPAM = "SPAM"
    HARASSMENT = "HARASSMENT"
    SEXUAL = "SEXUAL"
    VIOLENCE = "VIOLENCE"
    SELF_HARM = "SELF_HARM"
    PRIVACY = "PRIVACY"
    OTHER = "OTHER"


class Action(StrEnum):
    """What a moderator can do with a comment."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"
    HIDE = "HIDE"


@dataclass(frozen=True, slots=True)
class Report:
    """What one account has against a comment."""

    comment_id: str
    reporter_id: str
    concern: Concern
    note: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A comment that waits for a moderator. A claim holds for `CLAIM`."""

    comment: Comment
    report_count: int
    concerns: tuple[Concern, ...]
    claimed_by: str | None
    claim_time: datetime | None
    create_time: datetime

    def held_by(self, now: datetime) -> str | None:
        """The moderator who works on it; None when nobody does, or no longer."""
        return self.claimed_by if self.claim_time and now - self.claim_time < CLAIM else None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a moderator decided on a comment, and the words for its author."""

    id: str
    comment_id: str
    moderator_id: str
    action: Action
    reason: str
    create_time: datetime


def check_report(report: Report, comment: Comment) -> None:
    """Raises OwnCommentReported, NoteRequired."""
    if comment.user_id == report.reporter_id:
        raise OwnCommentReported(comment=comment.id)
    if report.concern is Concern.OTHER and not report.note.strip():
        raise NoteRequired(fields={"note": "must say what is wrong when the reason is OTHER"})


def check_decision(comment: Comment, decision: Decision) -> None:
    """Nobody decides on what they wrote, nor against somebody without a word. Raises OwnCommentModerated, ReasonRequired."""
    if comment.user_id == decision.moderator_id:
        raise OwnCommentModerated(comment=comment.id)
    if decision.action is not Action.APPROVE and not decision.reason:
        raise ReasonRequired(fields={"reason": "must tell the author why"})


def check_claim(item: QueueItem, moderator_id: str, now: datetime) -> None:
    """Raises ItemClaimed when another moderator works on it."""
    if item.held_by(now) not in (None, moderator_id):
        raise ItemClaimed(item=item.comment.id)


def decide(comment: Comment, decision: Decision) -> Comment:
    """The comment after the decision. Words on what everybody may see stay in the history: they are not for everybody."""
    status, reason = {
        Action.APPROVE: (ModerationStatus.APPROVED, ""),
        Action.REJECT: (ModerationStatus.REJECTED, decision.reason),
        Action.HIDE: (ModerationStatus.WITHHELD, decision.reason),
    }[decision.action]
    return replace(comment, status=status, reason=reason, update_time=decision.create_time)
