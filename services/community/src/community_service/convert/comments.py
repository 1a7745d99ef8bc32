"""Comments, and the events that tell of them."""

from collections.abc import Iterable
from datetime import UTC

from community_service.convert.values import concern, reason_code, timestamp
from community_service.domain.changes import removed
from community_service.domain.comments import Comment, CommentTotals, Draft, ModerationStatus, Sort
from community_service.domain.mentions import Mention, newly
from community_service.domain.phases import Written
from littlemonster.community.v1 import community_events_pb2 as events
from littlemonster.community.v1 import community_service_pb2 as pb


def draft(request: pb.CreateCommentRequest) -> Draft:
    return Draft(request.video_id, request.text, request.parent_id or None, request.request_id or None)


def sort(request: pb.ListCommentsRequest) -> Sort:
    return Sort(request.sort) if request.sort else Sort.NEWEST


def comment(comment: Comment) -> pb.Comment:
    return pb.Comment(
        id=comment.id,
        video_id=comment.video_id,
        user_id=comment.user_id,
        parent_id=comment.parent_id or "",
        text=comment.text,
        is_hidden=comment.status is not ModerationStatus.APPROVED,
        moderation_status=pb.ModerationStatus.Value(f"MODERATION_STATUS_{comment.status}"),
        moderation_reason=comment.reason,
        reply_count=comment.reply_count,
        create_time=timestamp(comment.create_time),
        update_time=timestamp(comment.update_time),
        edited=comment.edited,
        deleted=comment.deleted,
        depth=comment.depth,
        moderation_reason_code=reason_code(comment.reason_code),
        help_resources=comment.resources,
        mentions=(pb.Mention(user_id=each.user_id, text=each.text) for each in comment.mentions),
    )


def revisions(kept: Iterable[Written]) -> pb.ListCommentRevisionsResponse:
    return pb.ListCommentRevisionsResponse(
        revisions=(pb.CommentRevision(text=each.text, create_time=timestamp(each.create_time)) for each in kept)
    )


def comment_from(message: pb.Comment) -> Comment:
    """A comment out of an event; the request id stays in the database."""
    return Comment(
        id=message.id,
        video_id=message.video_id,
        user_id=message.user_id,
        parent_id=message.parent_id or None,
        text=message.text,
        status=ModerationStatus(pb.ModerationStatus.Name(message.moderation_status).removeprefix("MODERATION_STATUS_")),
        reason=message.moderation_reason,
        request_id=None,
        reply_count=message.reply_count,
        create_time=message.create_time.ToDatetime(UTC),
        update_time=message.update_time.ToDatetime(UTC),
        edited=message.edited,
        deleted=message.deleted,
        depth=message.depth,
        reason_code=concern(message.moderation_reason_code),
        resources=message.help_resources,
        mentions=tuple(Mention(each.user_id, each.text) for each in message.mentions),
    )


def comment_created(made: Comment, totals: CommentTotals) -> events.CommentCreated:
    return events.CommentCreated(
        comment=comment(made),
        comment_count=totals.count,
        version=totals.version,
        mentioned_user_ids=newly((), made.mentions),
    )


def comment_updated(before: Comment, edited: Comment, totals: CommentTotals) -> events.CommentUpdated:
    return events.CommentUpdated(
        comment=comment(edited),
        comment_count=totals.count,
        version=totals.version,
        mentioned_user_ids=newly(before.mentions, edited.mentions),
    )


def comment_deleted(gone: Comment, totals: CommentTotals) -> events.CommentDeleted:
    shown = comment(removed(gone))
    return events.CommentDeleted(comment=shown, comment_count=totals.count, version=totals.version)
