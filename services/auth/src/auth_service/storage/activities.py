"""What people have done, in PostgreSQL: one row for each thing, so that nothing counts twice."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FunctionElement,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from auth_service.domain.stats import Activity, Counts, Kind, Views
from auth_service.tables import METADATA
from servicekit.database import Database, Transaction, compile_command, compile_statement

_ACTIVITIES, _DELETED, _USERS = (METADATA.tables[name] for name in ("activities", "deleted_videos", "users"))
_KEY = ("user_id", "kind", "key")
_ALWAYS = datetime(9999, 12, 31, tzinfo=UTC)

# An account that is gone gets no rows: its events may come late. As text, since an event may name nobody at all.
_told = {column.name: cast(bindparam(column.name, type_=column.type), column.type) for column in _ACTIVITIES.c}
_user = _USERS.c.id.cast(Text) == bindparam("user_id", type_=Text)
_fact = select(_USERS.c.id, *(value for name, value in _told.items() if name != "user_id")).where(_user)
_added = insert(_ACTIVITIES).from_select(["user_id", *(name for name in _told if name != "user_id")], _fact)
_RECORD = compile_command(
    _added.on_conflict_do_update(
        index_elements=_KEY,
        set_={name: _added.excluded[name] for name in ("version", "present", "video_id", "time")},
        where=_added.excluded.version > _ACTIVITIES.c.version,
    )
)
_ADD_VIEWS = compile_command(
    _added.on_conflict_do_update(index_elements=_KEY, set_={"views": _ACTIVITIES.c.views + _added.excluded.views})
)
_DROP_VIDEO = compile_command(insert(_DELETED).values(video_id=bindparam("video_id")).on_conflict_do_nothing())
_mine = _ACTIVITIES.c.user_id == bindparam("user_id")
_counting = and_(_mine, _ACTIVITIES.c.present, ~exists().where(_DELETED.c.video_id == _ACTIVITIES.c.video_id))


def _how_many(kind: Kind, total: FunctionElement[Any]) -> ColumnElement[int]:
    return func.coalesce(total.filter(_ACTIVITIES.c.kind == literal(kind.value)), 0).cast(Integer)


_COUNTS = compile_statement(
    select(
        _how_many(Kind.VIDEO, func.count()),
        _how_many(Kind.VIDEO, func.sum(_ACTIVITIES.c.views)),
        _how_many(Kind.COMMENT, func.count()),
        _how_many(Kind.RATING, func.count()),
        _how_many(Kind.COMPLETION, func.count()),
    ).where(_counting),
    row=lambda *totals: Counts(*totals),
)
_COMPLETIONS = compile_statement(
    select(_ACTIVITIES.c.time)
    .where(
        _mine,
        _ACTIVITIES.c.kind == Kind.COMPLETION.value,
        _ACTIVITIES.c.present,
        _ACTIVITIES.c.time < bindparam("before", type_=_ACTIVITIES.c.time.type),
    )
    .order_by(_ACTIVITIES.c.time.desc())
    .limit(bindparam("limit", type_=Integer)),
    row=lambda time: time,
)


class StoredActivities:
    """See ports.ActivityReader."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts(self, user_id: str) -> Counts:
        """One round trip over the person's own rows."""
        return await self._database.one(_COUNTS, user_id=user_id) or Counts()

    async def completions(self, user_id: str, before: datetime | None, limit: int) -> Sequence[datetime]:
        """One round trip, in the order of an index."""
        return await self._database.all(_COMPLETIONS, user_id=user_id, before=before or _ALWAYS, limit=limit)


class ActivitiesInWork:
    """See ports.Activities."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def record(self, activity: Activity) -> None:
        """The row, unless a newer version told of it."""
        await self._transaction.execute(_RECORD, **asdict(activity) | {"kind": activity.kind.value, "views": 0})

    async def add_views(self, views: Views) -> None:
        """A video's row may come to be by its views: that it is public may be heard later."""
        video = Activity(views.user_id, Kind.VIDEO, views.video_id, 0, False, views.video_id)
        await self._transaction.execute(_ADD_VIEWS, **asdict(video) | {"kind": video.kind.value, "views": views.count})

    async def drop_video(self, video_id: str) -> None:
        """Remembered for good, so that nothing heard later counts."""
        await self._transaction.execute(_DROP_VIDEO, video_id=video_id)
