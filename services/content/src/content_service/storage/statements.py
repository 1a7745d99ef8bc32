"""Every statement the service runs, compiled once."""

from dataclasses import fields
from functools import cache

from sqlalchemy import bindparam, case, func, insert, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.types import Uuid

from content_service.domain import Job, Queue, Video
from content_service.tables import JobRow, VideoRow
from servicekit.database import Statement, compile_command, compile_statement

VIDEOS = VideoRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
JOBS = JobRow.__table__  # type: ignore[attr-defined]
_COLUMNS = [VIDEOS.c[field.name] for field in fields(Video)]
_SORT_KEYS = {"recent": VIDEOS.c.create_time, "popular": VIDEOS.c.view_count, "rating": VIDEOS.c.rating_score}
_JOB_OF_WORKER = (
    (JOBS.c.video_id == bindparam("video_id"))
    & (JOBS.c.worker == bindparam("owner_worker"))
    & JOBS.c.finish_time.is_(None)
)

PUBLIC_VIDEOS = compile_statement(
    select(*_COLUMNS).where(VIDEOS.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))), VIDEOS.c.status == "PUBLIC"),
    Video,
)
VIDEO = compile_statement(select(*_COLUMNS).where(VIDEOS.c.id == bindparam("id")), Video)
REQUESTED = compile_statement(
    select(*_COLUMNS).where(
        VIDEOS.c.created_by == bindparam("created_by", type_=Uuid), VIDEOS.c.request_id == bindparam("request_id")
    ),
    Video,
)
PROGRESS = compile_statement(
    select(
        VIDEOS.c.status,
        VIDEOS.c.status_message,
        JOBS.c.stage,
        JOBS.c.percent,
        VIDEOS.c.estimated_completion_time,
    )
    .join(JOBS, JOBS.c.video_id == VIDEOS.c.id)
    .where(VIDEOS.c.id == bindparam("id")),
    lambda *values: values,
)


@cache
def feed(sort: str, filters: frozenset[str], after: bool) -> Statement[Video]:
    """A page of the feed in the given sort, filtered by the given columns, `after` a key or from the start.

    Parameters: limit, one for each filter, and after_key and after_id when `after`. Filtered by the caller's own id it
    includes what is not PUBLIC: row-level security leaves those rows to their owner alone.
    """
    key = _SORT_KEYS[sort]
    statement = select(*_COLUMNS).order_by(key.desc(), VIDEOS.c.id.desc()).limit(bindparam("limit"))
    for name in sorted(filters & {"subject", "difficulty", "created_by"}):
        statement = statement.where(VIDEOS.c[name] == bindparam(name))
    if "own" not in filters:
        statement = statement.where(VIDEOS.c.status == "PUBLIC")
    if after:
        last = tuple_(bindparam("after_key", type_=key.type), bindparam("after_id", type_=Uuid))
        statement = statement.where(tuple_(key, VIDEOS.c.id) < last)
    return compile_statement(statement, Video)


_NEW = {
    "status": "PENDING",
    "status_message": "",
    "summary": "",
    "key_points": [],
    "timestamps": [],
    "chapters": [],
    "transcript": "",
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
    .returning(*_COLUMNS),
    Video,
)
ADD_JOB = compile_command(
    insert(JOBS).values(
        video_id=bindparam("video_id"),
        owner=bindparam("owner"),
        stage="queued",
        percent=0,
        attempts=0,
        seed=bindparam("seed"),
        script=b"",
        worker="",
        not_before=bindparam("now"),
        create_time=bindparam("now"),
    )
)
_RECENT = (
    select((JOBS.c.finish_time - JOBS.c.start_time).label("took"))
    .where(JOBS.c.finish_time.is_not(None), JOBS.c.stage == "done")
    .order_by(JOBS.c.finish_time.desc())
    .limit(20)
    .subquery()
)
_WAITING = select(func.count()).where(JOBS.c.finish_time.is_(None)).scalar_subquery()
QUEUE = compile_statement(select(_WAITING.label("waiting"), func.avg(_RECENT.c.took).label("typical")), Queue)

_now = bindparam("now", type_=JOBS.c.not_before.type)
_NEXT = (
    select(JOBS.c.video_id)
    .where(
        JOBS.c.finish_time.is_(None),
        JOBS.c.not_before <= _now,
        or_(JOBS.c.lease_time.is_(None), JOBS.c.lease_time < _now),
    )
    .order_by(JOBS.c.create_time)
    .limit(1)
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
_JOB_COLUMNS = [
    JOBS.c.video_id,
    VIDEOS.c.topic,
    VIDEOS.c.subject,
    VIDEOS.c.difficulty,
    JOBS.c.attempts,
    JOBS.c.seed,
    JOBS.c.script,
]
CLAIM = compile_statement(
    update(JOBS)
    .where(JOBS.c.video_id == _NEXT, VIDEOS.c.id == JOBS.c.video_id)
    .values(
        worker=bindparam("new_worker"),
        lease_time=bindparam("until"),
        attempts=JOBS.c.attempts + 1,
        start_time=case((JOBS.c.start_time.is_(None), _now), else_=JOBS.c.start_time),
    )
    .returning(*_JOB_COLUMNS),
    Job,
)
EXTEND = compile_command(update(JOBS).where(_JOB_OF_WORKER).values(lease_time=bindparam("until")))
SAVE_STAGE = compile_command(
    update(JOBS).where(_JOB_OF_WORKER).values(stage=bindparam("new_stage"), percent=bindparam("new_percent"))
)
SAVE_SCRIPT = compile_command(update(JOBS).where(_JOB_OF_WORKER).values(script=bindparam("new_script")))
RELEASE = compile_command(
    update(JOBS)
    .where(_JOB_OF_WORKER)
    .values(worker="", lease_time=None, stage="queued", attempts=bindparam("made"), not_before=bindparam("later"))
)
END_JOB = compile_command(
    update(JOBS)
    .where(_JOB_OF_WORKER)
    .values(
        worker="", lease_time=None, stage=bindparam("new_stage"), percent=bindparam("new_percent"), finish_time=_now
    )
)
SET_STATUS = compile_statement(
    update(VIDEOS)
    .where(VIDEOS.c.id == bindparam("video_id"))
    .values(
        status=bindparam("new_status"),
        status_message=bindparam("message"),
        update_time=_now,
        version=VIDEOS.c.version + 1,
    )
    .returning(*_COLUMNS),
    Video,
)
PUBLISH = compile_statement(
    update(VIDEOS)
    .where(VIDEOS.c.id == bindparam("video_id"))
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
        transcript=bindparam("new_transcript"),
        provenance=bindparam("new_provenance"),
        estimated_completion_time=None,
        update_time=_now,
        version=VIDEOS.c.version + 1,
    )
    .returning(*_COLUMNS),
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
