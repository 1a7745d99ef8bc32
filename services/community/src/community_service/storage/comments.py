"""Comments and their answers."""

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

from community_service.domain.changes import Change
from community_service.domain.comments import Comment, CommentTotals, ModerationStatus, Sort, VideoState
from community_service.domain.phases import Written
from community_service.ports import Cursor
from community_service.storage import changes
from community_service.storage.executor import Executor
from community_service.storage.pages import pages
from community_service.storage.rows import ALL, OF_COMMENT, comment_row
from community_service.tables import CommentRow, CommentTotalsRow, RevisionRow, ThreadRow, VideoRow
from servicekit.caller import caller_or_none
from servicekit.database import Transaction, compile_command, compile_statement

_comments = CommentRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_revisions = RevisionRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_threads = ThreadRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_videos = VideoRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_totals = CommentTotalsRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


# Any number will do as long as nothing else hashes with it.
_TURNS = 0x7475726E
_JUDGED = ("status", "reason", "reason_code", "resources")


# The first wall; row-level security, which knows nothing of videos, is the second.
_public = exists().where(_videos.c.id == _comments.c.video_id, _videos.c.state == VideoState.PUBLIC.value)
_visible = or_(
    and_(_comments.c.status == ModerationStatus.APPROVED.value, _public),
    # As text: a service's id is its name, not a UUID.
    cast(_comments.c.user_id, Text) == bindparam("viewer"),
    bindparam("sees_all", type_=Boolean),
)
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
    .values({column.name: bindparam(column.name) for column in OF_COMMENT} | {"version": 0, "appeared": 0})
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
SAVE = compile_command(
    update(_comments)
    .where(_id == bindparam("comment_id"))
    .values({name: bindparam(name) for name in ("text", "mentions", *_JUDGED, "edited", "deleted", "update_time")})
)
_number = select(func.coalesce(func.max(_revisions.c.number), 0) + 1).where(
    _revisions.c.comment_id == bindparam("comment_id")
)
KEEP_REVISION = compile_statement(
    insert(_revisions)
    .values(
        {name: bindparam(name) for name in ("comment_id", "user_id", "text", "create_time")}
        | {"number": _number.scalar_subquery()}
    )
    .returning(_revisions.c.number),
    int,
)
REVISIONS = compile_statement(
    select(_revisions.c.text, _revisions.c.create_time)
    .where(
        _revisions.c.comment_id == bindparam("comment_id"),
        or_(cast(_revisions.c.user_id, Text) == bindparam("viewer"), bindparam("sees_all", type_=Boolean)),
    )
    .order_by(_revisions.c.number),
    Written,
)
RECENT = compile_statement(
    select(_comments.c.text, _age)
    .where(
        _comments.c.user_id == bindparam("user_id"),
        _age > bindparam("since"),
        func.coalesce(cast(_comments.c.request_id, Text), "") != cast(bindparam("request"), Text),
    )
    .order_by(_age.desc())
    .limit(100),
    Written,
)
_published = (
    select(_id)
    .where(
        _comments.c.user_id == bindparam("user_id"),
        _comments.c.status == ModerationStatus.APPROVED.value,
        ~_comments.c.deleted,
    )
    .limit(bindparam("most", type_=Integer))
    .subquery()
)
COUNT_PUBLISHED = compile_statement(select(func.count()).select_from(_published), int)
# Held until the transaction ends; the statements after it see what those before it have committed.
TAKE_TURN = compile_command(
    select(func.pg_advisory_xact_lock(func.hashtextextended(cast(bindparam("user_id"), Text), _TURNS)))
)
FORGET_COMMENTS = compile_command(delete(_comments).where(_comments.c.video_id == bindparam("video_id")))
FORGET_TOTALS = compile_command(delete(_totals).where(_totals.c.video_id == bindparam("video_id")))


def _judged(comment: Comment) -> dict[str, str]:
    """What moderation made of it."""
    code = comment.reason_code.value if comment.reason_code else ""
    return dict(zip(_JUDGED, (comment.status.value, comment.reason, code, comment.resources), strict=True))


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

    async def revisions(self, comment_id: str) -> list[Written]:
        return await self._executor.all(REVISIONS, comment_id=comment_id, **_viewer())

    async def recent(self, user_id: str, since: datetime, request_id: str | None) -> list[Written]:
        return await self._executor.all(RECENT, user_id=user_id, since=since, request=request_id or "none")

    async def count_published(self, user_id: str, most: int) -> int:
        return await self._executor.one(COUNT_PUBLISHED, user_id=user_id, most=most) or 0

    async def version_of(self, video_id: str) -> int:
        return await self._executor.one(changes.VERSION, video_id=video_id) or 0

    async def changed(self, video_id: str, since: int, most: int) -> list[Change]:
        return await changes.changed(self._executor, video_id, since, most)


class PostgresComments(PostgresCommentReader):
    """Comments inside a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._transaction = transaction

    async def add(self, comment: Comment) -> bool:
        columns = asdict(comment) | _judged(comment) | {"mentions": list(map(asdict, comment.mentions))}
        del columns["reply_count"]
        return await self._transaction.execute(ADD, **columns) == 1

    async def take_turn(self, user_id: str) -> None:
        await self._transaction.one(TAKE_TURN, user_id=user_id)

    async def lock(self, comment_id: str) -> Comment | None:
        return await self._transaction.one(LOCK, id=comment_id)

    async def save(self, comment: Comment) -> None:
        await self._transaction.execute(
            SAVE,
            comment_id=comment.id,
            text=comment.text,
            mentions=list(map(asdict, comment.mentions)),
            **_judged(comment),
            edited=comment.edited,
            deleted=comment.deleted,
            update_time=comment.update_time,
        )

    async def keep_revision(self, comment: Comment) -> int:
        number = await self._transaction.one(
            KEEP_REVISION,
            comment_id=comment.id,
            user_id=comment.user_id,
            text=comment.text,
            create_time=comment.update_time,
        )
        return number or 0

    async def count_visible(self, comment: Comment) -> CommentTotals:
        return await changes.count(self._transaction, comment, 1)

    async def count_hidden(self, comment: Comment) -> CommentTotals:
        return await changes.count(self._transaction, comment, -1)

    async def count_edited(self, comment: Comment) -> CommentTotals:
        return await changes.count(self._transaction, comment, 0)

    async def forget_video(self, video_id: str) -> None:
        await self._transaction.execute(FORGET_COMMENTS, video_id=video_id)
        await self._transaction.execute(FORGET_TOTALS, video_id=video_id)
