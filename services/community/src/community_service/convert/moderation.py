"""Reports, the queue, decisions and where an author stands."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from community_service.convert.comments import comment
from community_service.convert.values import concern, reason_code, timestamp
from community_service.domain.appeals import Appeal
from community_service.domain.comments import Comment
from community_service.domain.concerns import Concern
from community_service.domain.moderation import Action, Decision, QueueItem, Ruling
from community_service.domain.standing import Standing
from littlemonster.community.v1 import community_events_pb2 as events
from littlemonster.community.v1 import community_service_pb2 as pb

_CONCERNS = {
    Concern.WITHHELD: "The automatic check wants a person to look at it.",
    Concern.HELP: "Its author may need help.",
    Concern.APPEALED: "Its author appeals the last decision.",
    Concern.HIDDEN: "A moderator hid it for now.",
    Concern.SPAM: "Reported as spam.",
    Concern.HARASSMENT: "Reported as harassment.",
    Concern.SEXUAL: "Reported as sexual.",
    Concern.VIOLENCE: "Reported as a threat or violence.",
    Concern.SELF_HARM: "Reported because somebody may be in danger.",
    Concern.PRIVACY: "Reported for giving away private data.",
    Concern.OTHER: "Reported for another reason.",
}


def reported(request: pb.ReportCommentRequest) -> Concern:
    return concern(request.reason) or Concern.OTHER


def ruling(request: pb.ModerateCommentRequest) -> Ruling:
    action = Action(pb.ModerationAction.Name(request.action).removeprefix("MODERATION_ACTION_"))
    given = Ruling(action, request.reason, concern(request.reason_code))
    if request.suspension_days:
        return Ruling(action, given.reason, given.code, timedelta(days=request.suspension_days))
    return given


def queue_item(item: QueueItem, now: datetime) -> pb.ModerationItem:
    return pb.ModerationItem(
        id=item.comment.id,
        comment=comment(item.comment),
        report_count=item.report_count,
        reasons=(_CONCERNS[each] for each in item.concerns),
        claimed_by=item.held_by(now) or "",
        create_time=timestamp(item.create_time),
        report_weight=item.weight,
    )


def decision(decision: Decision) -> pb.ModerationDecision:
    made = pb.ModerationDecision(
        id=decision.id,
        comment_id=decision.comment_id,
        moderator_id=decision.moderator_id,
        action=_action(decision.action),
        reason_code=reason_code(decision.code),
        reason=decision.reason,
        overturned=decision.overturned,
        create_time=timestamp(decision.create_time),
    )
    if decision.end_time:
        made.end_time.CopyFrom(timestamp(decision.end_time))
    return made


def decisions(found: Iterable[Decision]) -> pb.ListModerationDecisionsResponse:
    return pb.ListModerationDecisionsResponse(decisions=map(decision, found))


def standing(standing: Standing, now: datetime) -> pb.Standing:
    """Who decided is not told to the author."""
    answer = pb.Standing(
        warning_count=standing.warnings,
        decisions=(_without_moderator(each) for each in standing.decisions),
    )
    if (suspension := standing.suspension(now)) and suspension.end_time:
        answer.suspension_end_time.CopyFrom(timestamp(suspension.end_time))
    return answer


def _without_moderator(given: Decision) -> pb.ModerationDecision:
    made = decision(given)
    made.ClearField("moderator_id")
    return made


def appeal(given: Appeal) -> pb.Appeal:
    """Who answered is not told."""
    made = pb.Appeal(
        id=given.id,
        comment_id=given.comment_id,
        statement=given.statement,
        status=pb.ModerationStatus.Value(f"MODERATION_STATUS_{given.status}"),
        answer=given.answer,
        create_time=timestamp(given.create_time),
    )
    if given.answer_time:
        made.answer_time.CopyFrom(timestamp(given.answer_time))
    return made


def comment_moderated(
    decided: Comment, made: Decision | None, answered: Appeal | None = None
) -> events.CommentModerated:
    """`made` is None when reports alone decided; `answered` is the appeal that was answered, if any."""
    told = events.CommentModerated(comment=comment(decided))
    if made:
        told.moderator_id = made.moderator_id
        told.decision.CopyFrom(decision(made))
    if answered:
        told.moderator_id = answered.answered_by or ""
        told.appeal.CopyFrom(appeal(answered))
    return told


def _action(action: Action) -> pb.ModerationAction.ValueType:
    return pb.ModerationAction.Value(f"MODERATION_ACTION_{action}")
