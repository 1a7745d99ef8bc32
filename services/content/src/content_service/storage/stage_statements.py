"""Statements of what stages made, and of what estimates are made from."""

from datetime import timedelta

from sqlalchemy import Uuid, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.types import Text

from content_service.domain import Stage
from content_service.storage.job_statements import JOBS
from content_service.storage.statements import VIDEOS
from content_service.tables import StageRow, WorkerRow
from servicekit.database import compile_command, compile_statement

STAGES = StageRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_WORKERS = WorkerRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_RECENT_LESSONS = 50

DONE = compile_statement(
    select(STAGES.c.stage, STAGES.c.artifact).where(STAGES.c.video_id == bindparam("of_video")),
    lambda stage, artifact: (Stage(stage), artifact),
)
_saved = upsert(STAGES).from_select(
    ["video_id", "owner", "stage", "artifact", "seconds", "create_time"],
    select(
        JOBS.c.video_id,
        JOBS.c.owner,
        bindparam("of_stage", type_=Text),
        bindparam("made", type_=STAGES.c.artifact.type),
        bindparam("took", type_=STAGES.c.seconds.type),
        bindparam("now", type_=STAGES.c.create_time.type),
    ).where(JOBS.c.video_id == bindparam("of_video", type_=Uuid)),
)
SAVE = compile_command(
    _saved.on_conflict_do_update(
        index_elements=["video_id", "stage"],
        set_={name: _saved.excluded[name] for name in ("artifact", "seconds", "create_time")},
    )
)
_RECENT = (
    select(JOBS.c.video_id)
    .where(JOBS.c.finish_time.is_not(None), JOBS.c.stage == Stage.DONE.value)
    .order_by(JOBS.c.finish_time.desc())
    .limit(_RECENT_LESSONS)
    .subquery()
)
# Work alone: a lesson that waited for a retry or for a worker to come back took no longer to make.
TYPICAL = compile_statement(
    select(VIDEOS.c.difficulty, func.sum(STAGES.c.seconds) / func.count(STAGES.c.video_id.distinct()))
    .select_from(_RECENT)
    .join(STAGES, STAGES.c.video_id == _RECENT.c.video_id)
    .join(VIDEOS, VIDEOS.c.id == _RECENT.c.video_id)
    .group_by(VIDEOS.c.difficulty),
    lambda difficulty, seconds: (difficulty, timedelta(seconds=seconds)),
)
WORKERS = compile_statement(
    select(func.count()).where(_WORKERS.c.seen_time > bindparam("since", type_=_WORKERS.c.seen_time.type)),
    lambda count: count,
)
_seen = upsert(_WORKERS).values(worker=bindparam("named"), seen_time=bindparam("now"))
SEE_WORKER = compile_command(
    _seen.on_conflict_do_update(index_elements=["worker"], set_={"seen_time": _seen.excluded.seen_time})
)
FORGET_WORKERS = compile_command(
    delete(_WORKERS).where(_WORKERS.c.seen_time < bindparam("before", type_=_WORKERS.c.seen_time.type))
)
