"""All content holds of a person, to hand out and to erase. Public lessons stay for those who learn by them, as nobody's."""

from sqlalchemy import Uuid, bindparam, delete, select, update

from content_service.domain import Status
from content_service.storage.job_statements import TAKE_TURN
from content_service.tables import METADATA
from littlemonster.content.v1.content_events_pb2 import VideoDeleted
from servicekit.database import Transaction, compile_command, compile_statement
from servicekit.personal_data.erasure import NOBODY
from servicekit.personal_data.records import records

_videos, _jobs, _stages, _views = (
    METADATA.tables[name] for name in ("videos", "generation_jobs", "generation_stages", "views")
)
EVERYTHING = (
    records(_videos, "created_by"),
    records(_jobs, "owner", without=("trace", "worker")),
    records(_stages, "owner", without=("artifact",)),
    records(_views, "viewer"),
)

_person = bindparam("person", type_=Uuid)
_HOLD_JOBS = compile_statement(
    select(_jobs.c.video_id).where(_jobs.c.owner == _person).order_by(_jobs.c.video_id).with_for_update(),
    lambda video_id: video_id,
)
# From here on a worker finds its lease lost.
_UNOWN_JOBS = compile_command(
    update(_jobs).where(_jobs.c.owner == _person).values(owner=NOBODY, trace="", worker="", lease_time=None)
)
_UNOWN_STAGES = compile_command(update(_stages).where(_stages.c.owner == _person).values(owner=NOBODY))
_theirs = _videos.c.created_by == _person
_unseen = _theirs & (_videos.c.status != Status.PUBLIC.value)
_HOLD_VIDEOS = compile_statement(
    select(_videos.c.id).where(_theirs).order_by(_videos.c.id).with_for_update(), lambda video_id: video_id
)
_DELETE_VIDEOS = compile_statement(delete(_videos).where(_unseen).returning(_videos.c.id), row=str)
_UNOWN_VIDEOS = compile_command(update(_videos).where(_theirs).values(created_by=NOBODY, request_id=None))
_FORGET_VIEWS = compile_command(delete(_views).where(_views.c.viewer == _person))
_FORGET_VIEWERS = compile_command(delete(_views).where(_views.c.video_id.in_(select(_videos.c.id).where(_unseen))))


async def erase(transaction: Transaction, user_id: str) -> int:
    """Deletes what is not public, media included, and takes the name off what is. Returns how many rows that were.

    All is locked in the order that stands in docs/database.md.
    """
    await transaction.one(TAKE_TURN, owner=user_id)
    rows = await transaction.execute(_FORGET_VIEWS, person=user_id)
    await transaction.execute(_FORGET_VIEWERS, person=user_id)
    await transaction.all(_HOLD_JOBS, person=user_id)
    rows += await transaction.execute(_UNOWN_JOBS, person=user_id)
    rows += await transaction.execute(_UNOWN_STAGES, person=user_id)
    await transaction.all(_HOLD_VIDEOS, person=user_id)
    deleted = await transaction.all(_DELETE_VIDEOS, person=user_id)
    for video_id in deleted:
        # Also for those nobody ever saw: whoever hears it removes their media.
        await transaction.emit("video.deleted", VideoDeleted(video_id=video_id, created_by=NOBODY), video_id)
    rows += await transaction.execute(_UNOWN_VIDEOS, person=user_id)
    return rows + len(deleted)
