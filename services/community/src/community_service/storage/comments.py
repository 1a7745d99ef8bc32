"""Comments, their answers and how many a video has."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from community_service.domain.comments import Comment, CommentTotals, ModerationStatus, Sort, VideoState
from community_service.ports import Cursor
from community_service.storage.executor import Executor
from community_service.storage.pages import pages
from community_service.tables import CommentRow, CommentTotalsRow, RevisionRow, ThreadRow, VideoRow
from servicekit.caller import caller_or_none
from servicekit.database import Statement, Transaction, compile_command, compile_statement

_comments = CommentRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_revisions = RevisionRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_threads = ThreadRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_videos = VideoRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_totals = CommentTotalsRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


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
    )


# The first wall; row-level security, which knows nothing of videos, is the second.
_public = exists().where(_videos.c.id == _comments.c.video_id, _videos.c.state == VideoState.PUBLIC.value)
_visible = or_(
    and_(_comments.c.status == ModerationStatus.APPROVED.value, _public),
    # As text: a service's id is its name, not a UUID.
    cast(_comments.c.user_id, Text) == bindparam("viewer"),
    bindparam("sees_all", type_=Boolean),
)
ALL = select(*_comments.c, _threads.c.reply_count).join(_threads, _threads.c.comment_id == _comments.c.id)
# What is deleted only stands for its answers.
_read = ALL.where(_visible, or_(~_comments.c.deleted, _threads.c.reply_count > 0))
_threads_of_video = _read.where(_comments.c.video_id == bindparam("video_id"), _comments.c.parent_id.is_(None))
_age, _id = _comments.c.create_time, _comments.c.id

GET = compile_statement(_read.where(_id == bindparam("id")), comment_row)
LOCK = compile_statement(ALL.where(_id == bindparam("id")).with_for_update(of=_comments, key_share=True), comment_row)
BY_REQUEST = compile_statement(
    ALL.where(
        _visible,
        _comments.c.user_id == bindparam("user_id"),
        _comments.c.request_id == bindparam("request_id"),
    ),
    comment_row,
)
THREADS = {
    Sort.NEWEST: pages(_threads_of_video, _age, _id, comment_row, descending=True),
    Sort.OLDEST: pages(_threads_of_video, _age, _id, comment_row, descending=False),
    Sort.TOP: pages(_threads_of_video, _threads.c.reply_count, _id, comment_row, descending=True),
}
REPLIES = pages(_read.where(_comments.c.parent_id == bindparam("parent_id")), _age, _id, comment_row, descending=False)

_added = (
    insert(_comments)
    .values({column.name: bindparam(column.name) for column in _comments.c})
    .on_conflict_do_nothing(index_elements=[_comments.c.user_id, _comments.c.request_id])
    .returning(_comments.c.id, _comments.c.video_id)
    .cte("added")
)
ADD = compile_command(
    insert(_threads).from_select(
        ["comment_id", "video_id", "reply_count"],
        select(_added.c.id, _added.c.video_id, literal(0)),
    )
)
COUNT_REPLY = compile_command(
    update(_threads)
    .where(_threads.c.comment_id == bindparam("parent_id"))
    .values(reply_count=_threads.c.reply_count + bindparam("by", type_=Integer))
)
COUNT_COMMENT = compile_statement(
    insert(_totals)
    .values(video_id=bindparam("video_id"), count=bindparam("by", type_=Integer), version=1)
    .on_conflict_do_update(
        index_elements=[_totals.c.video_id],
        set_={"count": _totals.c.count + bindparam("by", type_=Integer), "version": _totals.c.version + 1},
    )
    .returning(*_totals.c),
    CommentTotals,
)
SAVE = compile_command(
    update(_comments)
    .where(_id == bindparam("comment_id"))
    .values({name: bindparam(name) for name in ("text", "status", "reason", "edited", "deleted", "update_time")})
)
_number = select(func.coalesce(func.max(_revisions.c.number), 0) + 1).where(
    _revisions.c.comment_id == bindparam("comment_id")
)
KEEP_REVISION = compile_command(
    insert(_revisions).values(
        {name: bindparam(name) for name in ("comment_id", "user_id", "text", "create_time")}
        | {"number": _number.scalar_subquery()}
    )
)
REVISIONS: Statement[str] = compile_statement(
    select(_revisions.c.text)
    .where(
        _revisions.c.comment_id == bindparam("comment_id"),
        or_(cast(_revisions.c.user_id, Text) == bindparam("viewer"), bindparam("sees_all", type_=Boolean)),
    )
    .order_by(_revisions.c.number),
    str,
)
FORGET_COMMENTS = compile_command(delete(_comments).where(_comments.c.video_id == bindparam("video_id")))
FORGET_TOTALS = compile_command(delete(_totals).where(_totals.c.video_id == bindparam("video_id")))


def _viewer() -> dict[str, Any]:
    caller = caller_or_none()
    return {"viewer": caller.id if caller else "", "sees_all": caller is not None and caller.is_moderator}


class PostgresCommentReader:
    """Reads comments as the present caller, each by itself or inside a transaction."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def get(self, comment_id: str) -> Comment | None:
        return await self._executor.one(GET, id=comment_id, **_viewer())

    async def by_request(self, user_id: str, request_id: str) -> Comment | None:
        return await self._executor.one(BY_REQUEST, user_id=user_id, request_id=request_id, **_viewer())

    async def threads(self, video_id: str, sort: Sort, size: int, after: Cursor | None) -> list[Comment]:
        return await THREADS[sort].read(self._executor, size, after, video_id=video_id, **_viewer())

    async def replies(self, comment_id: str, size: int, after: Cursor | None) -> list[Comment]:
        return await REPLIES.read(self._executor, size, after, parent_id=comment_id, **_viewer())

    async def revisions(self, comment_id: str) -> list[str]:
        return await self._executor.all(REVISIONS, comment_id=comment_id, **_viewer())


class PostgresComments(PostgresCommentReader):
    """Comments inside a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._transaction = transaction

    async def add(self, comment: Comment) -> bool:
        columns = asdict(comment) | {"status": comment.status.value}
        del columns["reply_count"]
        return await self._transaction.execute(ADD, **columns) == 1

    async def lock(self, comment_id: str) -> Comment | None:
        return await self._transaction.one(LOCK, id=comment_id)

    async def save(self, comment: Comment) -> None:
        await self._transaction.execute(
            SAVE,
            comment_id=comment.id,
            text=comment.text,
            status=comment.status.value,
            reason=comment.reason,
            edited=comment.edited,
            deleted=comment.deleted,
            update_time=comment.update_time,
        )

    async def keep_revision(self, comment: Comment) -> None:
        await self._transaction.execute(
            KEEP_REVISION,
            comment_id=comment.id,
            user_id=comment.user_id,
            text=comment.text,
            create_time=comment.update_time,
        )

    async def count_visible(self, comment: Comment) -> CommentTotals:
        return await self._count(comment, 1)

    async def count_hidden(self, comment: Comment) -> CommentTotals:
        return await self._count(comment, -1)

    async def _count(self, comment: Comment, by: int) -> CommentTotals:
        # The video's row before the thread's: everybody locks in this order, so nobody waits in a circle.
        totals = await self._transaction.one(COUNT_COMMENT, video_id=comment.video_id, by=by)
        if comment.parent_id:
            await self._transaction.execute(COUNT_REPLY, parent_id=comment.parent_id, by=by)
        if totals is None:
            raise AssertionError("an upsert with RETURNING answers a row")
        return totals

    async def forget_video(self, video_id: str) -> None:
        await self._transaction.execute(FORGET_COMMENTS, video_id=video_id)
        await self._transaction.execute(FORGET_TOTALS, video_id=video_id)
