"""All content holds of a person, to hand out and to erase. Public lessons stay for those who learn by them, as nobody's."""

from sqlalchemy import Uuid, bindparam, delete, update

from content_service.domain import Status
from content_service.tables import METADATA
from littlemonster.content.v1.content_events_pb2 import VideoDeleted
from servicekit.database import Transaction, compile_command, compile_statement
from servicekit.personal_data.erasure import NOBODY
from servicekit.personal_data.records import records

_videos, _jobs, _stages, _views = (
    METADATA.tables[name] for name in ("videos", "generation_jobs", "generation_stages", "views")
)
EVERYTHING = (
    records(_videos, "created_by", without=("search",)),
    records(_jobs, "owner", without=("script", "trace", "worker")),
    records(_stages, "owner", without=("artifact",)),
    records(_views, "viewer"),
)

_person = bindparam("person", type_=Uuid)
# Jobs before videos, as a worker takes them; from here on it finds its lease lost.
_UNOWN_JOBS = compile_command(
    update(_jobs).where(_jobs.c.owner == _person).values(owner=NOBODY, trace="", worker="", lease_time=None)
)
_UNOWN_STAGES = compile_command(update(_stages).where(_stages.c.owner == _person).values(owner=NOBODY))
_theirs = _videos.c.created_by == _person
_DELETE_VIDEOS = compile_statement(
    delete(_videos).where(_theirs, _videos.c.status != Status.PUBLIC.value).returning(_videos.c.id), row=str
)
_UNOWN_VIDEOS = compile_command(update(_videos).where(_theirs).values(created_by=NOBODY, request_id=None))
_FORGET_VIEWS = compile_command(delete(_views).where(_views.c.viewer == _person))


async def erase(transaction: Transaction, user_id: str) -> int:
    """Deletes what is not public, media included, and takes the name off what is. Returns how many rows that were."""
    rows = await transaction.execute(_UNOWN_JOBS, person=user_id)
    rows += await transaction.execute(_UNOWN_STAGES, person=user_id)
    deleted = await transaction.all(_DELETE_VIDEOS, person=user_id)
    for video_id in deleted:
        # Also for those nobody ever saw: whoever hears it removes their media.
        await transaction.emit("video.deleted", VideoDeleted(video_id=video_id, created_by=NOBODY), video_id)
    rows += await transaction.execute(_UNOWN_VIDEOS, person=user_id)
    rows += await transaction.execute(_FORGET_VIEWS, person=user_id)
    return rows + len(deleted)
