"""What this service knows of videos."""

from sqlalchemy import Text, bindparam, case, or_, select
from sqlalchemy.dialects.postgresql import insert

from community_service.domain.comments import Video, VideoState
from community_service.storage.executor import Executor
from community_service.tables import VideoRow
from servicekit.database import Transaction, compile_command, compile_statement
from servicekit.personal_data.erasure import is_erased

_table = VideoRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


def _video(id: str, created_by: str, state: str, version: int) -> Video:
    return Video(id, created_by, VideoState(state), version)


_by_id = select(_table).where(_table.c.id == bindparam("id"))
GET = compile_statement(_by_id, _video)
HOLD = compile_statement(_by_id.with_for_update(read=True), _video)

_told = bindparam("created_by", type_=Text)
# An event may be heard after the account it names was erased.
_creator = case((is_erased(_told), ""), else_=_told)
_heard = insert(_table).values(
    {column.name: bindparam(column.name) for column in _table.c if column.name != "created_by"}
    | {"created_by": _creator}
)
LEARN = compile_command(
    _heard.on_conflict_do_update(
        index_elements=[_table.c.id],
        set_={"state": _heard.excluded.state, "version": _heard.excluded.version},
        where=(_table.c.state != VideoState.DELETED.value)
        & or_(
            _heard.excluded.state == VideoState.DELETED.value,
            _heard.excluded.version >= _table.c.version,
        ),
    )
)


class PostgresVideoReader:
    """Reads videos, each by itself or inside a transaction."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def get(self, video_id: str) -> Video | None:
        return await self._executor.one(GET, id=video_id)


class PostgresVideos(PostgresVideoReader):
    """Videos inside a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._transaction = transaction

    async def hold(self, video_id: str) -> Video | None:
        return await self._transaction.one(HOLD, id=video_id)

    async def learn(self, video: Video) -> None:
        await self._transaction.execute(
            LEARN,
            id=video.id,
            created_by=video.created_by,
            state=video.state.value,
            version=video.version,
        )
