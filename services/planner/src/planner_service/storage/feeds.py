"""Calendar feeds in PostgreSQL."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from planner_service.tables import FeedRow
from servicekit.database import Database, Statement, Transaction, compile_command, compile_statement

_feeds = FeedRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it

OWNER: Statement[str] = compile_statement(select(_feeds.c.user_id).where(_feeds.c.digest == bindparam("digest")), str)
_INSERT = insert(_feeds).values({column.name: bindparam(column.name) for column in _feeds.c})
SAVE = compile_command(
    _INSERT.on_conflict_do_update(
        index_elements=[_feeds.c.user_id],
        set_={"digest": _INSERT.excluded.digest, "create_time": _INSERT.excluded.create_time},
    )
)
REMOVE = compile_command(delete(_feeds).where(_feeds.c.user_id == bindparam("user_id")))
REMOVE_OPENED_BY = compile_command(
    delete(_feeds).where(_feeds.c.user_id == bindparam("user_id"), _feeds.c.create_time <= bindparam("time"))
)


class PostgresFeedReader:
    """See ports.FeedReader."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def owner(self, digest: bytes) -> str | None:
        return await self._database.one(OWNER, digest=digest)


class PostgresFeeds:
    """See ports.Feeds."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def save(self, user_id: str, digest: bytes, create_time: datetime) -> None:
        await self._transaction.execute(SAVE, user_id=user_id, digest=digest, create_time=create_time)

    async def remove(self, user_id: str) -> None:
        await self._transaction.execute(REMOVE, user_id=user_id)

    async def remove_opened_by(self, user_id: str, time: datetime) -> None:
        await self._transaction.execute(REMOVE_OPENED_BY, user_id=user_id, time=time)
