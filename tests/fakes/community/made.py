"""Comments, ratings and videos for tests, each field replaceable."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from community_service.domain.comments import Comment, ModerationStatus, Video
from community_service.domain.ratings import Rating
from servicekit.ids import new_id

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def a_video(**fields: Any) -> Video:
    return replace(Video(id=new_id(), created_by=new_id()), **fields)


def a_comment(video: Video, **fields: Any) -> Comment:
    comment = Comment(
        id=new_id(),
        video_id=video.id,
        user_id=new_id(),
        parent_id=None,
        text="Now I get it",
        status=ModerationStatus.APPROVED,
        reason="",
        request_id=None,
        reply_count=0,
        create_time=NOON,
        update_time=NOON,
    )
    return replace(comment, **fields)


def a_rating(video: Video, **fields: Any) -> Rating:
    return replace(Rating(video.id, new_id(), 4, create_time=NOON, update_time=NOON), **fields)
