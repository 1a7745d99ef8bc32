"""A comment as its row and its thread's row hold it."""

from datetime import datetime

from sqlalchemy import select

from community_service.domain.comments import Comment, ModerationStatus
from community_service.domain.concerns import Concern
from community_service.domain.mentions import Mention
from community_service.tables import CommentRow, ThreadRow

_comments = CommentRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_threads = ThreadRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_OF_THE_VIDEO = ("version", "appeared")
OF_COMMENT = [column for column in _comments.c if column.name not in _OF_THE_VIDEO]
ALL = select(*OF_COMMENT, _threads.c.reply_count).join(_threads, _threads.c.comment_id == _comments.c.id)


def comment_row(
    id: str,
    video_id: str,
    user_id: str,
    parent_id: str | None,
    text: str,
    status: str,
    reason: str,
    request_id: str | None,
    create_time: datetime,
    update_time: datetime,
    edited: bool,
    deleted: bool,
    depth: int,
    by_staff: bool,
    reason_code: str,
    resources: str,
    mentions: list[dict[str, str]],
    reply_count: int,
) -> Comment:
    return Comment(
        id=id,
        video_id=video_id,
        user_id=user_id,
        parent_id=parent_id,
        text=text,
        status=ModerationStatus(status),
        reason=reason,
        request_id=request_id,
        reply_count=reply_count,
        create_time=create_time,
        update_time=update_time,
        edited=edited,
        deleted=deleted,
        depth=depth,
        by_staff=by_staff,
        reason_code=Concern(reason_code) if reason_code else None,
        resources=resources,
        mentions=tuple(Mention(**each) for each in mentions),
    )
