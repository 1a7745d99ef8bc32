"""What those who watch a video's comments are told, in the order of the video's versions."""

from dataclasses import dataclass, replace
from enum import StrEnum

from community_service.domain.comments import Comment


class Happening(StrEnum):
    """What can happen to a visible comment, and what a stream says besides."""

    CREATED = "CREATED"
    EDITED = "EDITED"
    REMOVED = "REMOVED"
    ALIVE = "ALIVE"
    RELOAD = "RELOAD"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a comment of `video_id`.

    `version` is the video's afterwards: it grows by one with every change, so that a gap shows that one was missed.
    ALIVE (nothing happened for a while) and RELOAD (too much did) are about no comment.
    """

    happening: Happening
    video_id: str
    version: int
    comment: Comment | None = None


def change_since(comment: Comment, version: int, appeared: int, since: int) -> Change:
    """What became of a comment after the version `since`, however often it changed; `appeared` is when it became visible."""
    if not comment.is_visible:
        return Change(Happening.REMOVED, comment.video_id, version, removed(comment))
    happening = Happening.CREATED if appeared > since else Happening.EDITED
    return Change(happening, comment.video_id, version, comment)


def removed(comment: Comment) -> Comment:
    """What everybody may know of a comment that is gone: neither its text nor why."""
    return replace(comment, text="", reason="", reason_code=None, resources="", mentions=())
