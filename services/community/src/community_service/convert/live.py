"""Changes for those who watch, out of events."""

from google.protobuf.message import DecodeError

from community_service.convert.comments import comment, comment_from
from community_service.domain.comments import Change, Happening
from littlemonster.community.v1 import community_events_pb2 as events
from littlemonster.community.v1 import community_service_pb2 as pb

_COMMENT_EVENTS: dict[
    str, tuple[Happening, type[events.CommentCreated | events.CommentUpdated | events.CommentDeleted]]
] = {
    "comment.created": (Happening.CREATED, events.CommentCreated),
    "comment.updated": (Happening.EDITED, events.CommentUpdated),
    "comment.deleted": (Happening.REMOVED, events.CommentDeleted),
}
_CHANGE_TYPES = {
    Happening.CREATED: pb.CommentChange.TYPE_CREATED,
    Happening.EDITED: pb.CommentChange.TYPE_EDITED,
    Happening.REMOVED: pb.CommentChange.TYPE_REMOVED,
}


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
