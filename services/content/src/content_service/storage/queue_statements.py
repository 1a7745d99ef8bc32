"""In which order jobs are claimed, and the statements that follow it: see docs/decisions/0030."""

from sqlalchemy import Uuid, and_, bindparam, case, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from content_service.domain import PATIENCE, InLine, Job, Lane, Share, Standing, Status
from content_service.storage.job_statements import JOBS
from content_service.storage.statements import VIDEOS
from servicekit.database import compile_command, compile_statement

_TIME = JOBS.c.not_before.type
_now = bindparam("now", type_=_TIME)
_lately = _now - PATIENCE
_begun = JOBS.c.start_time.is_not(None)
_lane = case((_begun, Lane.BEGUN), (and_(JOBS.c.batch, JOBS.c.create_time > _lately), Lane.BATCH), else_=Lane.SINGLE)
_served = (
    select(JOBS.c.owner, func.max(JOBS.c.start_time).label("last"))
    .where(JOBS.c.start_time > _lately)
    .group_by(JOBS.c.owner)
    .subquery("served")
)
_turn = func.row_number().over(partition_by=[JOBS.c.owner, _lane], order_by=[JOBS.c.create_time, JOBS.c.video_id])
_waits_in = case((~_begun, _lane))
_standing = case(
    (func.min(_waits_in).over(partition_by=JOBS.c.owner) < _lane, Standing.SERVED_BEFORE),
    (_served.c.last.is_not(None), Standing.SERVED),
    else_=Standing.NEW,
)
_LINE = (
    select(
        JOBS.c.video_id,
        JOBS.c.owner,
        JOBS.c.percent,
        _begun.label("begun"),
        _lane.label("lane"),
        _turn.label("turn"),
        _standing.label("standing"),
        # PostgreSQL's greatest() passes over nulls.
        func.greatest(JOBS.c.create_time, _served.c.last).label("since"),
    )
    .select_from(JOBS.outerjoin(_served, _served.c.owner == JOBS.c.owner))
    .where(JOBS.c.finish_time.is_(None))
    .subquery("line")
)
_PLACE = (_LINE.c.lane, _LINE.c.turn, _LINE.c.standing)
_ORDER = (*_PLACE, _LINE.c.since, _LINE.c.video_id)
_NEXT = (
    select(JOBS.c.video_id)
    .join(_LINE, _LINE.c.video_id == JOBS.c.video_id)
    .where(
        JOBS.c.finish_time.is_(None),
        JOBS.c.not_before <= _now,
        or_(JOBS.c.lease_time.is_(None), JOBS.c.lease_time < _now),
    )
    .order_by(*_ORDER)
    .limit(1)
    .with_for_update(of=JOBS, skip_locked=True)
    .scalar_subquery()
)
_JOB_COLUMNS = [
    JOBS.c.video_id,
    JOBS.c.owner,
    VIDEOS.c.topic,
    VIDEOS.c.subject,
    VIDEOS.c.difficulty,
    JOBS.c.attempts,
    JOBS.c.seed,
    JOBS.c.batch,
    JOBS.c.trace,
]
CLAIM = compile_statement(
    update(JOBS)
    .where(JOBS.c.video_id == _NEXT, VIDEOS.c.id == JOBS.c.video_id)
    .values(
        worker=bindparam("new_worker"),
        lease_time=bindparam("until"),
        attempts=JOBS.c.attempts + 1,
        start_time=func.coalesce(JOBS.c.start_time, _now),
    )
    .returning(*_JOB_COLUMNS),
    Job,
)
SHARES = compile_statement(
    select(
        *_PLACE,
        VIDEOS.c.difficulty,
        func.count(),
        func.sum(1 - _LINE.c.percent / 100.0),
        func.bool_or(_LINE.c.owner == bindparam("asking", type_=Uuid)),
    )
    .join(VIDEOS, VIDEOS.c.id == _LINE.c.video_id)
    .group_by(*_PLACE, VIDEOS.c.difficulty),
    lambda lane, turn, standing, difficulty, count, left, mine: Share(
        (Lane(lane), turn, Standing(standing)), difficulty, count, float(left), mine
    ),
)
SERVED = compile_statement(
    select(exists().where(JOBS.c.owner == bindparam("asking", type_=Uuid), JOBS.c.start_time > _lately)),
    lambda served: served,
)
LINE = compile_statement(
    select(
        _LINE.c.video_id,
        _LINE.c.begun,
        VIDEOS.c.difficulty,
        _LINE.c.percent,
        VIDEOS.c.estimated_completion_time.label("ready"),
    )
    .join(VIDEOS, VIDEOS.c.id == _LINE.c.video_id)
    .order_by(*_ORDER),
    InLine,
)
_told = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid)), bindparam("times", type_=ARRAY(_TIME)))
    .table_valued("id", "ready")
    .render_derived("told")
)
# Whoever changes one of them at this moment knows better.
_waiting = (
    select(VIDEOS.c.id)
    .where(VIDEOS.c.id.in_(select(_told.c.id)), VIDEOS.c.status == Status.PENDING.value)
    .order_by(VIDEOS.c.id)
    .with_for_update(skip_locked=True)
    .cte("waiting")
)
FORETELL = compile_command(
    update(VIDEOS)
    .where(VIDEOS.c.id == _told.c.id, VIDEOS.c.id.in_(select(_waiting.c.id)))
    .values(estimated_completion_time=_told.c.ready)
)
