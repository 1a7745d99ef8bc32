"""Proto ↔ domain: small total functions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from community_service.domain.comments import (
    Change,
    Comment,
    CommentTotals,
    Draft,
    Happening,
    ModerationStatus,
    Sort,
    Verdict,
    Video,
    VideoState,
)
from community_service.domain.moderation import Action, Concern, QueueItem
from community_service.domain.ratings import Rating, RatingTotals
from community_service.errors import ActionNotBuilt
from community_service.ports import Cursor, QueueCursor
from littlemonster.community.v1 import community_events_pb2 as events
from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.content.v1 import content_events_pb2 as content_events
from littlemonster.content.v1 import content_service_pb2 as content
from littlemonster.inference.v1 import inference_service_pb2 as inference
from servicekit.pagination import PageTokenInvalid, decode_page_token, encode_page_token

_LARGEST_COUNT = 2**31 - 1
_COMMENT_EVENTS: dict[
    str, tuple[Happening, type[events.CommentCreated | events.CommentUpdated | events.CommentDeleted]]
] = {
    "comment.created": (Happening.CREATED, events.CommentCreated),
    "comment.updated": (Happening.EDITED, events.CommentUpdated),
    "comment.deleted": (Happening.REMOVED, events.CommentDeleted),
}
_QUEUE = "moderation queue"
_CONCERNS = {
    Concern.WITHHELD: "The automatic check wants a person to look at it.",
    Concern.HIDDEN: "A moderator hid it for now.",
    Concern.SPAM: "Reported as spam.",
    Concern.HARASSMENT: "Reported as harassment.",
    Concern.SEXUAL: "Reported as sexual.",
    Concern.VIOLENCE: "Reported as a threat or violence.",
    Concern.SELF_HARM: "Reported because somebody may be in danger.",
    Concern.PRIVACY: "Reported for giving away private data.",
    Concern.OTHER: "Reported for another reason.",
}
_CHANGE_TYPES = {
    Happening.CREATED: pb.CommentChange.TYPE_CREATED,
    Happening.EDITED: pb.CommentChange.TYPE_EDITED,
    Happening.REMOVED: pb.CommentChange.TYPE_REMOVED,
}


def draft(request: pb.CreateCommentRequest) -> Draft:
    return Draft(request.video_id, request.text, request.parent_id or None, request.request_id or None)


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
        create_time=_timestamp(comment.create_time),
        update_time=_timestamp(comment.update_time),
        edited=comment.edited,
        deleted=comment.deleted,
        depth=comment.depth,
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
    )


def sort(request: pb.ListCommentsRequest) -> Sort:
    return Sort(request.sort) if request.sort else Sort.NEWEST


def cursor(token: str, query: str, order: Sort) -> Cursor | None:
    """Where the page before ended; None for the first page. Raises PageTokenInvalid."""
    if not token:
        return None
    key, row_id = decode_page_token(token, query, 2)
    try:
        return _sort_key(key, order), str(UUID(str(row_id)))
    except ValueError:
        raise PageTokenInvalid from None


def next_page_token(comments: Sequence[Comment], size: int, query: str, order: Sort) -> str:
    """The token after the page's last row; empty when there is no row beyond it."""
    if len(comments) <= size:
        return ""
    last = comments[size - 1]
    key = last.reply_count if order is Sort.TOP else last.create_time.isoformat()
    return encode_page_token(query, key, last.id)


def change(change: Change | None) -> pb.CommentChange:
    """None is a sign of life."""
    if change is None:
        return pb.CommentChange()
    return pb.CommentChange(
        type=_CHANGE_TYPES[change.happening],
        comment=comment(change.comment),
        event_id=change.event_id,
    )


def change_from(subject: str, payload: bytes, event_id: str) -> Change | None:
    """What an event says to those who watch; None for one that is not theirs or cannot be read."""
    if subject not in _COMMENT_EVENTS:
        return None
    happening, message = _COMMENT_EVENTS[subject]
    try:
        return Change(happening, comment_from(message.FromString(payload).comment), event_id)
    except (DecodeError, ValueError):
        return None


def comment_created(made: Comment, totals: CommentTotals) -> events.CommentCreated:
    return events.CommentCreated(comment=comment(made), comment_count=totals.count, version=totals.version)


def comment_updated(edited: Comment) -> events.CommentUpdated:
    return events.CommentUpdated(comment=comment(edited))


def comment_deleted(removed: Comment, totals: CommentTotals) -> events.CommentDeleted:
    """Neither its text nor why it is gone is for everybody."""
    shown = comment(replace(removed, text="", reason=""))
    return events.CommentDeleted(comment=shown, comment_count=totals.count, version=totals.version)


def comment_moderated(decided: Comment, moderator_id: str) -> events.CommentModerated:
    return events.CommentModerated(comment=comment(decided), moderator_id=moderator_id)


def concern(request: pb.ReportCommentRequest) -> Concern:
    return Concern(pb.ReportReason.Name(request.reason).removeprefix("REPORT_REASON_"))


def action(request: pb.ModerateCommentRequest) -> Action:
    """Raises ActionNotBuilt."""
    name = pb.ModerationAction.Name(request.action).removeprefix("MODERATION_ACTION_")
    if name not in Action.__members__:
        raise ActionNotBuilt
    return Action(name)


def queue_item(item: QueueItem, now: datetime) -> pb.ModerationItem:
    return pb.ModerationItem(
        id=item.comment.id,
        comment=comment(item.comment),
        report_count=item.report_count,
        reasons=(_CONCERNS[each] for each in item.concerns),
        claimed_by=item.held_by(now) or "",
        create_time=_timestamp(item.create_time),
    )


def queue_cursor(token: str) -> QueueCursor | None:
    """Where the page before ended; None for the first page. Raises PageTokenInvalid."""
    after = cursor(token, _QUEUE, Sort.TOP)
    return (int(cast("int", after[0])), after[1]) if after else None


def next_queue_token(items: Sequence[QueueItem], size: int) -> str:
    """The token after the page's last item; empty when there is none beyond it."""
    if len(items) <= size:
        return ""
    return encode_page_token(_QUEUE, items[size - 1].report_count, items[size - 1].comment.id)


def rating(rating: Rating) -> pb.Rating:
    return pb.Rating(
        video_id=rating.video_id,
        user_id=rating.user_id,
        stars=rating.stars,
        create_time=_timestamp(rating.create_time),
        update_time=_timestamp(rating.update_time),
    )


def rating_stats(totals: RatingTotals) -> pb.RatingStats:
    return pb.RatingStats(
        video_id=totals.video_id,
        average=totals.average,
        count=totals.count,
        histogram=totals.histogram,
    )


def rating_submitted(rating: Rating, totals: RatingTotals) -> events.RatingSubmitted:
    return events.RatingSubmitted(
        video_id=rating.video_id,
        user_id=rating.user_id,
        stars=rating.stars,
        totals=_totals(totals),
    )


def rating_deleted(rating: Rating, totals: RatingTotals) -> events.RatingDeleted:
    return events.RatingDeleted(video_id=rating.video_id, user_id=rating.user_id, totals=_totals(totals))


def public_video(video: content.Video) -> Video | None:
    """The video as content knows it; None unless it is PUBLIC."""
    if video.status != content.VIDEO_STATUS_PUBLIC:
        return None
    return Video(video.id, video.created_by)


def created_video(event: content_events.VideoCreated) -> Video:
    return Video(event.video.id, event.video.created_by)


def deleted_video(event: content_events.VideoDeleted) -> Video:
    return Video(event.video_id, event.created_by, VideoState.DELETED)


def moved_video(event: content_events.VideoStatusChanged) -> Video | None:
    """A video that became public or was withdrawn; None while it is still being made."""
    states = {
        content.VIDEO_STATUS_PUBLIC: VideoState.PUBLIC,
        content.VIDEO_STATUS_REJECTED: VideoState.WITHDRAWN,
    }
    if event.status not in states:
        return None
    return Video(event.video_id, event.created_by, states[event.status], event.version)


def verdict(response: inference.ModerateResponse) -> Verdict:
    """Help for the author, when there is any, belongs to the reason."""
    reason = " ".join([*response.reasons, response.resources]).strip()
    if response.withheld:
        return Verdict(ModerationStatus.WITHHELD, reason)
    if response.approved:
        return Verdict(ModerationStatus.APPROVED)
    return Verdict(ModerationStatus.REJECTED, reason or "It is against the rules for comments.")


def _sort_key(value: str | int | float, order: Sort) -> datetime | int:
    if order is Sort.TOP:
        if isinstance(value, int) and 0 <= value <= _LARGEST_COUNT:
            return value
        raise ValueError(value)
    time = datetime.fromisoformat(str(value))
    if time.tzinfo is None:
        raise ValueError(value)
    return time


def _totals(totals: RatingTotals) -> events.RatingTotals:
    return events.RatingTotals(
        sum=totals.sum,
        count=totals.count,
        histogram=totals.histogram,
        version=totals.version,
    )


def _timestamp(time: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(time)
    return timestamp
