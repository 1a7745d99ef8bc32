"""Appeals: an author asks for a second look at the last decision on a comment, and another moderator answers."""

from dataclasses import dataclass, replace
from datetime import datetime

from community_service.domain.comments import ModerationStatus
from community_service.domain.moderation import Action, Decision
from community_service.errors import (
    AppealAnswered,
    AppealPending,
    NothingToAppeal,
    OwnCommentModerated,
    OwnDecisionAppealed,
)


@dataclass(frozen=True, slots=True)
class Appeal:
    """What an author says against the decision whose id it has. APPROVED means that the author was right."""

    id: str
    comment_id: str
    user_id: str
    statement: str
    create_time: datetime
    status: ModerationStatus = ModerationStatus.PENDING
    answer: str = ""
    answered_by: str | None = None
    answer_time: datetime | None = None

    @property
    def is_pending(self) -> bool:
        """True until somebody answers."""
        return self.status is ModerationStatus.PENDING


def against(decision: Decision | None, comment_id: str, statement: str, now: datetime) -> Appeal:
    """The appeal against a comment's last decision. Raises NothingToAppeal when that was none, or for the author."""
    if decision is None or decision.action is Action.APPROVE or decision.overturned:
        raise NothingToAppeal(comment=comment_id)
    return Appeal(decision.id, comment_id, decision.user_id, statement, now)


def check_answer(appeal: Appeal, decision: Decision, moderator_id: str) -> None:
    """Neither who decided nor who appeals answers. Raises AppealAnswered, OwnDecisionAppealed, OwnCommentModerated."""
    if not appeal.is_pending:
        raise AppealAnswered(appeal=appeal.id)
    if decision.moderator_id == moderator_id:
        raise OwnDecisionAppealed(appeal=appeal.id)
    if appeal.user_id == moderator_id:
        raise OwnCommentModerated(comment=appeal.comment_id)


def answered(appeal: Appeal, *, granted: bool, words: str, moderator_id: str, now: datetime) -> Appeal:
    """The appeal with its answer."""
    status = ModerationStatus.APPROVED if granted else ModerationStatus.REJECTED
    return replace(appeal, status=status, answer=words, answered_by=moderator_id, answer_time=now)


def check_no_appeal(appeal: Appeal | None) -> None:
    """While an appeal is pending nobody decides otherwise. Raises AppealPending."""
    if appeal and appeal.is_pending:
        raise AppealPending(appeal=appeal.id)
