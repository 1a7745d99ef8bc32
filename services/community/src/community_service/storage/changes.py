"""How many visible comments a video has, and which of them changed when."""

from typing import Any

from sqlalchemy import Integer, bindparam, case, select, update
from sqlalchemy.dialects.postgresql import insert

from community_service.domain.changes import Change, change_since
from community_service.domain.comments import Comment, CommentTotals
from community_service.storage.executor import Executor
from community_service.storage.rows import ALL, comment_row
from community_service.tables import CommentRow, CommentTotalsRow, ThreadRow
from servicekit.database import Transaction, compile_command, compile_statement

_comments = CommentRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_threads = ThreadRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_totals = CommentTotalsRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it

_by = bindparam("by", type_=Integer)
_counted = (
    insert(_totals)
    .values(video_id=bindparam("video_id"), count=_by, version=1)
    .on_conflict_do_update(
        index_elements=[_totals.c.video_id],
        set_={"count": _totals.c.count + _by, "version": _totals.c.version + 1},
    )
    .returning(*_totals.c)
    .cte("counted")
)
_version = select(_counted.c.version).scalar_subquery()
_marked = (
    update(_comments)
    .where(_comments.c.id == bindparam("comment_id"))
    .values(version=_version, appeared=case((_by > 0, _version), else_=_comments.c.appeared))
    .cte("marked")
)
COUNT = compile_statement(select(_counted).add_cte(_marked), CommentTotals)
COUNT_REPLY = compile_command(
    update(_threads)
    .where(_threads.c.comment_id == bindparam("parent_id"))
    .values(reply_count=_threads.c.reply_count + _by)
)
VERSION = compile_statement(select(_totals.c.version).where(_totals.c.video_id == bindparam("video_id")), int)


def _changed(*row: Any) -> tuple[Comment, int, int]:
    *comment, version, appeared = row
    return comment_row(*comment), version, appeared


CHANGED = compile_statement(
    ALL.add_columns(_comments.c.version.label("changed"), _comments.c.appeared.label("shown"))
    .where(_comments.c.video_id == bindparam("video_id"), _comments.c.version > bindparam("since", type_=Integer))
    .order_by(_comments.c.version)
    .limit(bindparam("most", type_=Integer)),
    _changed,
)


async def count(transaction: Transaction, comment: Comment, by: int) -> CommentTotals:
    """Counts with the video and the parent, and marks the comment with the video's new version."""
    # The video's row before the thread's: everybody locks in this order, so nobody waits in a circle.
    totals = await transaction.one(COUNT, video_id=comment.video_id, comment_id=comment.id, by=by)
    if comment.parent_id and by:
        await transaction.execute(COUNT_REPLY, parent_id=comment.parent_id, by=by)
    if totals is None:
        raise AssertionError("an upsert with RETURNING answers a row")
    return totals


async def changed(executor: Executor, video_id: str, since: int, most: int) -> list[Change]:
    rows = await executor.all(CHANGED, video_id=video_id, since=since, most=most)
    return [change_since(comment, version, appeared, since) for comment, version, appeared in rows]
