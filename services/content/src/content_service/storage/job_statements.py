"""Statements of the queue: jobs are leased rows."""

from typing import Any

from sqlalchemy import Text, Uuid, bindparam, cast, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from content_service.domain import MAX_ATTEMPTS, MAX_SEED, place_of_media
from content_service.storage.statements import VIDEOS
from content_service.tables import JobRow
from servicekit.database import Statement, compile_command, compile_statement

JOBS = JobRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_JOB_OF_WORKER = (
    (JOBS.c.video_id == bindparam("video_id"))
    & (JOBS.c.worker == bindparam("owner_worker"))
    & JOBS.c.finish_time.is_(None)
)


ADD_JOB = compile_command(
    insert(JOBS).values(
        video_id=bindparam("video_id"),
        owner=bindparam("owner"),
        stage="queued",
        percent=0,
        attempts=0,
        seed=bindparam("seed"),
        batch=bindparam("in_batch"),
        trace=bindparam("trace"),
        worker="",
        not_before=bindparam("now"),
        create_time=bindparam("now"),
    )
)
_now = bindparam("now", type_=JOBS.c.not_before.type)
_left = (
    select(JOBS.c.video_id)
    .where(JOBS.c.worker == bindparam("former"), JOBS.c.finish_time.is_(None))
    .order_by(JOBS.c.video_id)
    .with_for_update()
)
FREE = compile_command(update(JOBS).where(JOBS.c.video_id.in_(_left)).values(worker="", lease_time=None))
EXTEND = compile_command(update(JOBS).where(_JOB_OF_WORKER).values(lease_time=bindparam("until")))
SAVE_STAGE = compile_command(
    update(JOBS)
    .where(_JOB_OF_WORKER)
    # What has to be done again on another machine does not make less of what was done.
    .values(stage=bindparam("new_stage"), percent=func.greatest(JOBS.c.percent, bindparam("new_percent")))
)
# What was tried so far was tried for the stage before.
NEXT_STAGE = compile_command(update(JOBS).where(_JOB_OF_WORKER).values(attempts=1))
RELEASE = compile_command(
    update(JOBS).where(_JOB_OF_WORKER).values(worker="", lease_time=None, stage="queued", not_before=bindparam("later"))
)
END_JOB = compile_command(
    update(JOBS)
    .where(_JOB_OF_WORKER)
    .values(
        worker="", lease_time=None, stage=bindparam("new_stage"), percent=bindparam("new_percent"), finish_time=_now
    )
)
# Before a job is stopped or asked for again, whether or not there is anything to change: what is decided about its video
# afterwards must still be true of it.
HOLD_JOB = compile_command(select(JOBS.c.video_id).where(JOBS.c.video_id == bindparam("of_video")).with_for_update())
STOP_JOB = compile_command(
    update(JOBS)
    .where(JOBS.c.video_id == bindparam("of_video"), JOBS.c.finish_time.is_(None))
    .values(worker="", lease_time=None, stage="queued", percent=0, finish_time=_now)
)
REQUEUE = compile_command(
    update(JOBS)
    .where(JOBS.c.video_id == bindparam("of_video"), JOBS.c.finish_time.is_not(None))
    # Another seed: a script that was refused would be written again.
    .values(
        stage="queued",
        percent=0,
        attempts=0,
        batch=False,
        seed=(JOBS.c.seed + MAX_ATTEMPTS) % MAX_SEED,
        not_before=_now,
        create_time=_now,
        start_time=None,
        finish_time=None,
    )
)
_of_owner = bindparam("of_owner", type_=Uuid)
WAITING = compile_statement(
    select(func.count()).select_from(JOBS).where(JOBS.c.owner == _of_owner, JOBS.c.finish_time.is_(None)),
    lambda count: count,
)
# Any numbers will do as long as nothing else hashes with them.
_TURNS, MEDIA = 0x7475726E, 0x6D656469


def _alone(name: str, kind: int) -> Statement[Any]:
    """Waits until no other transaction has the name; the statements after it see what that one has committed."""
    named = func.hashtextextended(cast(bindparam(name), Text), kind)
    return compile_command(select(func.pg_advisory_xact_lock(named)))


TAKE_TURN = _alone("owner", _TURNS)
HOLD_MEDIA = _alone("video_id", MEDIA)
_making = exists().where(JOBS.c.video_id == VIDEOS.c.id, JOBS.c.finish_time.is_(None))
PLACES = compile_statement(
    select(VIDEOS.c.id, VIDEOS.c.status, VIDEOS.c.duration, _making).where(
        VIDEOS.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid)))
    ),
    lambda video_id, status, duration, making: (video_id, place_of_media(status, duration, making=making)),
)
