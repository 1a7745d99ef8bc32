"""Statements of videos: reads, the feed, and what changes them."""

import functools
from dataclasses import fields
from typing import Any

from sqlalchemy import bindparam, case, func, literal_column, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import Boolean, Text, Uuid

from content_service.domain import Status, Video
from content_service.tables import JobRow, VideoRow
from servicekit.database import Statement, compile_command, compile_statement

VIDEOS = VideoRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_JOBS = JobRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_MOST_FEEDS = 500
COLUMNS = [VIDEOS.c[field.name] for field in fields(Video)]
_SORT_KEYS = {"recent": VIDEOS.c.create_time, "popular": VIDEOS.c.view_count, "rating": VIDEOS.c.rating_score}
PUBLIC_VIDEOS = compile_statement(
    select(*COLUMNS).where(VIDEOS.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))), VIDEOS.c.status == "PUBLIC"),
    Video,
)
VIDEO = compile_statement(select(*COLUMNS).where(VIDEOS.c.id == bindparam("id"), VIDEOS.c.status != "DELETED"), Video)
REQUESTED = compile_statement(
    select(*COLUMNS).where(
        VIDEOS.c.created_by == bindparam("created_by", type_=Uuid), VIDEOS.c.request_id == bindparam("request_id")
    ),
    Video,
)
PROGRESS = compile_statement(
    select(
        VIDEOS.c.status,
        VIDEOS.c.status_message,
        _JOBS.c.stage,
        _JOBS.c.percent,
        VIDEOS.c.estimated_completion_time,
    )
    .join(_JOBS, _JOBS.c.video_id == VIDEOS.c.id)
    .where(VIDEOS.c.id == bindparam("id")),
    lambda *values: values,
)


@functools.lru_cache(maxsize=_MOST_FEEDS)
def feed(sort: str, filters: frozenset[str], after: bool, limit: int, status: Status | None = None) -> Statement[Video]:
    """At most `limit` videos of the feed in the given sort, filtered by the given columns, `after` a key or from the start.

    Parameters: one for each filter, and after_key and after_id when `after`. Filtered by the caller's own id it includes
    what is not PUBLIC: row-level security leaves those rows to their owner alone.
    """
    key = _SORT_KEYS[sort]
    # Neither limit nor status are parameters: a plan for any of them could not use the indexes, so that PostgreSQL would
    # plan every page anew instead of keeping the plan.
    statement = select(*COLUMNS).order_by(key.desc(), VIDEOS.c.id.desc()).limit(literal_column(str(limit)))
    for name in sorted(filters & {"subject", "difficulty", "created_by"}):
        statement = statement.where(VIDEOS.c[name] == bindparam(name))
    statement = statement.where(VIDEOS.c.status != "DELETED" if "own" in filters else _in(Status.PUBLIC))
    if status:
        statement = statement.where(_in(status))
    if after:
        last = tuple_(bindparam("after_key", type_=key.type), bindparam("after_id", type_=Uuid))
        statement = statement.where(tuple_(key, VIDEOS.c.id) < last)
    return compile_statement(statement, Video)


def _in(status: Status) -> ColumnElement[Any]:
    condition: ColumnElement[Any] = VIDEOS.c.status == literal_column(f"'{status}'")
    return condition


_NEW = {
    "status": "PENDING",
    "status_message": "",
    "summary": "",
    "key_points": [],
    "timestamps": [],
    "chapters": [],
    "cues": [],
    "duration": 0.0,
    "rating_sum": 0,
    "rating_count": 0,
    "rating_version": 0,
    "view_count": 0,
    "comment_count": 0,
    "comment_version": 0,
    "tags": [],
    "provenance": {},
    "version": 1,
}
ADD_VIDEO = compile_statement(
    upsert(VIDEOS)
    .values(
        id=bindparam("id"),
        title=bindparam("topic"),
        topic=bindparam("topic"),
        subject=bindparam("subject"),
        difficulty=bindparam("difficulty"),
        created_by=bindparam("created_by"),
        request_id=bindparam("request_id"),
        create_time=bindparam("now"),
        update_time=bindparam("now"),
        estimated_completion_time=bindparam("ready"),
        **_NEW,
    )
    .on_conflict_do_nothing(index_elements=["created_by", "request_id"])
    .returning(*COLUMNS),
    Video,
)
_now = bindparam("now", type_=VIDEOS.c.update_time.type)
_this = VIDEOS.c.id == bindparam("video_id")
_came = VIDEOS.c.status == func.any(bindparam("came_from", type_=ARRAY(Text)))
MOVE = compile_statement(
    update(VIDEOS)
    .where(_this, _came)
    .values(
        status=bindparam("new_status"),
        status_message=bindparam("message"),
        estimated_completion_time=case(
            (bindparam("final", type_=Boolean), None), else_=VIDEOS.c.estimated_completion_time
        ),
        update_time=_now,
        version=VIDEOS.c.version + 1,
    )
    .returning(*COLUMNS),
    Video,
)
EXPECT = compile_command(
    update(VIDEOS).where(_this).values(estimated_completion_time=bindparam("ready", type_=VIDEOS.c.update_time.type))
)
PUBLISH = compile_statement(
    update(VIDEOS)
    .where(_this, _came)
    .values(
        status="PUBLIC",
        status_message="",
        title=bindparam("new_title"),
        summary=bindparam("new_summary"),
        key_points=bindparam("new_key_points"),
        timestamps=bindparam("new_timestamps"),
        chapters=bindparam("new_chapters"),
        duration=bindparam("new_duration"),
        tags=bindparam("new_tags"),
        cues=bindparam("new_cues"),
        provenance=bindparam("new_provenance"),
        estimated_completion_time=None,
        update_time=_now,
        version=VIDEOS.c.version + 1,
    )
    .returning(*COLUMNS),
    Video,
)
APPLY_RATING = compile_command(
    update(VIDEOS)
    .where(VIDEOS.c.id == bindparam("video_id"), VIDEOS.c.rating_version < bindparam("new_version"))
    .values(
        rating_sum=bindparam("new_sum"), rating_count=bindparam("new_count"), rating_version=bindparam("new_version")
    )
)
APPLY_COMMENT_COUNT = compile_command(
    update(VIDEOS)
    .where(VIDEOS.c.id == bindparam("video_id"), VIDEOS.c.comment_version < bindparam("new_version"))
    .values(comment_count=bindparam("new_count"), comment_version=bindparam("new_version"))
)
