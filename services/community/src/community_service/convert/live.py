"""Changes for those who watch, out of events."""

from functools import lru_cache

from community_service.convert.comments import comment, comment_from
from community_service.domain.changes import Change, Happening
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
    Happening.RELOAD: pb.CommentChange.TYPE_RELOAD,
    Happening.ALIVE: pb.CommentChange.TYPE_UNSPECIFIED,
}


def seen(request: pb.WatchCommentsRequest) -> int | None:
    """The version the client saw last; None when it saw none."""
    return int(request.last_event_id) if request.last_event_id else None


@lru_cache(maxsize=256)  # one change goes to hundreds of streams, as one message that nobody changes
def change(change: Change) -> pb.CommentChange:
    return pb.CommentChange(
        type=_CHANGE_TYPES[change.happening],
        comment=comment(change.comment) if change.comment else None,
        event_id=str(change.version),
    )


def change_from(subject: str, payload: bytes) -> Change | None:
    """What an event says to those who watch; None for one that is not theirs.

    Raises DecodeError or ValueError for one that cannot be read.
    """
    if subject not in _COMMENT_EVENTS:
        return None
    happening, message = _COMMENT_EVENTS[subject]
    event = message.FromString(payload)
    return Change(happening, event.comment.video_id, event.version, comment_from(event.comment))
