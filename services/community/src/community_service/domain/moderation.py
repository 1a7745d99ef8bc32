"""Reports, the queue of what waits for a moderator, and decisions."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from community_service.domain.comments import Comment, ModerationStatus
from community_service.domain.concerns import URGENT, Concern
from community_service.errors import ItemClaimed, NoteRequired, OwnCommentModerated, OwnCommentReported, ReasonRequired

# After it a moderator who went home no longer keeps others from the comment.
CLAIM = timedelta(minutes=30)
# More than reports will ever weigh together.
URGENCY = 1_000_000.0
_REPORTED = "Several people reported it, so a moderator looks at it first."


class Action(StrEnum):
    """What a moderator can do with a comment; WARN and SUSPEND refuse it and concern its author as well."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"
    HIDE = "HIDE"
    WARN = "WARN"
    SUSPEND = "SUSPEND"


@dataclass(frozen=True, slots=True)
class Record:
    """What became of an account's earlier reports."""

    upheld: int = 0
    dismissed: int = 0

    @property
    def weight(self) -> float:
        """How much the next report counts, between 0 and 2: 1 for somebody new, by Laplace's rule of succession."""
        return 2 * (self.upheld + 1) / (self.upheld + self.dismissed + 2)


@dataclass(frozen=True, slots=True)
class Report:
    """What one account has against a comment, and how much it counts."""

    comment_id: str
    reporter_id: str
    concern: Concern
    note: str
    create_time: datetime
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A comment that waits for a moderator. A claim holds for `CLAIM`; `weight` is that of its reports together."""

    comment: Comment
    report_count: int
    concerns: tuple[Concern, ...]
    claimed_by: str | None
    claim_time: datetime | None
    create_time: datetime
    weight: float = 0.0

    @property
    def pressing(self) -> float:
        """What the queue is ordered by, the highest first."""
        return self.weight + (URGENCY if URGENT.intersection(self.concerns) else 0.0)

    def held_by(self, now: datetime) -> str | None:
        """The moderator who works on it; None when nobody does, or no longer."""
        return self.claimed_by if self.claim_time and now - self.claim_time < CLAIM else None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a moderator wants: the words for the author, the kind of reason, and for how long to suspend."""

    action: Action
    reason: str = ""
    code: Concern | None = None
    suspension: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a moderator decided on a comment of `user_id`. `end_time` is that of a suspension, None for other actions."""

    id: str
    comment_id: str
    moderator_id: str
    action: Action
    reason: str
    create_time: datetime
    user_id: str
    code: Concern | None = None
    end_time: datetime | None = None
    overturned: bool = False


def check_report(report: Report, comment: Comment) -> None:
    """Raises OwnCommentReported, NoteRequired."""
    if comment.user_id == report.reporter_id:
        raise OwnCommentReported(comment=comment.id)
    if report.concern is Concern.OTHER and not report.note:
        raise NoteRequired(fields={"note": "must say what is wrong when the reason is OTHER"})


def rule(comment: Comment, ruling: Ruling, *, decision_id: str, moderator_id: str, now: datetime) -> Decision:
    """The decision. Nobody decides on what they wrote, nor against somebody without a word.

    Raises OwnCommentModerated, ReasonRequired.
    """
    if comment.user_id == moderator_id:
        raise OwnCommentModerated(comment=comment.id)
    if ruling.action is not Action.APPROVE and not ruling.reason:
        raise ReasonRequired(fields={"reason": "must tell the author why"})
    code = None if ruling.action is Action.APPROVE else ruling.code or Concern.OTHER
    end = now + ruling.suspension if ruling.action is Action.SUSPEND else None
    return Decision(
        decision_id, comment.id, moderator_id, ruling.action, ruling.reason, now, comment.user_id, code, end
    )


def is_repeat(decision: Decision, earlier: Decision | None, comment: Comment) -> bool:
    """True when the same moderator decided the same, and nothing has changed since: an answer was lost and is asked for again."""
    if earlier is None or earlier.overturned or comment.update_time != earlier.create_time:
        return False
    return _said(decision) == _said(earlier)


def _said(decision: Decision) -> tuple[object, ...]:
    suspension = decision.end_time and decision.end_time - decision.create_time
    return decision.moderator_id, decision.action, decision.reason, decision.code, suspension


def check_claim(item: QueueItem, moderator_id: str, now: datetime) -> None:
    """Raises ItemClaimed when another moderator works on it."""
    if item.held_by(now) not in (None, moderator_id):
        raise ItemClaimed(item=item.comment.id)


def decide(comment: Comment, decision: Decision) -> Comment:
    """The comment after the decision. Words on what everybody may see stay in the history: they are not for everybody."""
    if decision.action is Action.APPROVE:
        return approve(comment, decision.create_time)
    status = ModerationStatus.WITHHELD if decision.action is Action.HIDE else ModerationStatus.REJECTED
    return replace(
        comment,
        status=status,
        reason=decision.reason,
        reason_code=decision.code,
        update_time=decision.create_time,
    )


def approve(comment: Comment, now: datetime) -> Comment:
    """The comment once everybody may see it; what was for its author alone goes."""
    return replace(
        comment, status=ModerationStatus.APPROVED, reason="", reason_code=None, resources="", update_time=now
    )


def upholds(action: Action) -> bool | None:
    """Whether an action says that those who reported the comment were right; None while that is open."""
    return None if action is Action.HIDE else action is not Action.APPROVE


def hides_itself(item: QueueItem, last: Decision | None, threshold: float) -> bool:
    """Whether reports alone take a comment out of sight until a moderator looks at it.

    Never what staff wrote, nor what a moderator has approved as it stands. A threshold of 0 hides nothing.
    """
    comment = item.comment
    approved = last is not None and last.action is Action.APPROVE and last.create_time >= comment.update_time
    heavy = 0 < threshold <= item.weight
    return heavy and comment.is_visible and not comment.by_staff and not approved


def hide(comment: Comment, now: datetime) -> Comment:
    """A comment that reports have taken out of sight."""
    return replace(comment, status=ModerationStatus.WITHHELD, reason=_REPORTED, reason_code=None, update_time=now)
