"""Statements of views: recorded one by one, counted in batches."""

from sqlalchemy import bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from content_service.domain import ViewCount
from content_service.storage.statements import VIDEOS
from content_service.tables import ViewRow
from servicekit.database import compile_command, compile_statement

VIEWS = ViewRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_KEY = (VIEWS.c.video_id, VIEWS.c.viewer, VIEWS.c.hour)
_BATCH = 5000

ADD_VIEW = compile_command(
    upsert(VIEWS)
    .values(video_id=bindparam("video_id"), viewer=bindparam("viewer"), hour=bindparam("hour"), counted=False)
    .on_conflict_do_nothing()
)
_waiting = select(*_KEY).where(~VIEWS.c.counted).limit(_BATCH).with_for_update(skip_locked=True).cte("waiting")
_taken = (
    update(VIEWS)
    .where(tuple_(*_KEY).in_(select(_waiting)))
    .values(counted=True)
    .returning(VIEWS.c.video_id)
    .cte("taken")
)
_sums = select(_taken.c.video_id, func.count().label("views")).group_by(_taken.c.video_id).cte("sums")
# In the order of their ids, as everybody locks several videos: the update finds them locked.
_held = (
    select(VIDEOS.c.id)
    .where(VIDEOS.c.id.in_(select(_sums.c.video_id)))
    .order_by(VIDEOS.c.id)
    .with_for_update()
    .cte("held")
)
COUNT_VIEWS = compile_statement(
    update(VIDEOS)
    .where(VIDEOS.c.id == _held.c.id, VIDEOS.c.id == _sums.c.video_id)
    .values(view_count=VIDEOS.c.view_count + _sums.c.views)
    .returning(VIDEOS.c.id.label("video_id"), VIDEOS.c.created_by, _sums.c.views.label("count")),
    ViewCount,
)
FORGET_VIEWS = compile_command(VIEWS.delete().where(VIEWS.c.counted, VIEWS.c.hour < bindparam("before")))
