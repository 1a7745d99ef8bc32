"""Calendar feeds in PostgreSQL."""

from datetime import datetime

from sqlalchemy import Text, bindparam, cast, delete, literal, or_, select
from sqlalchemy.dialects.postgresql import insert

from planner_service.domain.feeds import Revocation
from planner_service.tables import FeedRow, PlannerRow
from servicekit.database import Database, Statement, Transaction, compile_command, compile_statement
from servicekit.personal_data.erasure import is_erased

_planners = PlannerRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
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


def _revocation(time: datetime | None, spared_session: str | None) -> Revocation | None:
    return Revocation(time, spared_session or "") if time else None


# The planner's row, which is made where it is missing, stays locked: of an opening and a revocation one sees the other.
REVOCATION: Statement[Revocation | None] = compile_statement(
    insert(_planners)
    .values(user_id=bindparam("user_id"), version=0, forgotten=0)
    .on_conflict_do_update(index_elements=[_planners.c.user_id], set_={"version": _planners.c.version})
    .returning(_planners.c.revoke_time, _planners.c.spared_session),
    _revocation,
)
_user = bindparam("user_id", type_=_planners.c.user_id.type)
_REVOKED = insert(_planners).from_select(
    ["user_id", "version", "forgotten", "revoke_time", "spared_session"],
    select(
        _user,
        literal(0),
        literal(0),
        bindparam("time", type_=_planners.c.revoke_time.type),
        bindparam("spared_session", type_=_planners.c.spared_session.type),
    ).where(~is_erased(cast(_user, Text))),
)
REVOKED = compile_command(
    _REVOKED.on_conflict_do_update(
        index_elements=[_planners.c.user_id],
        set_={name: _REVOKED.excluded[name] for name in ("revoke_time", "spared_session")},
        where=or_(_planners.c.revoke_time.is_(None), _planners.c.revoke_time < _REVOKED.excluded.revoke_time),
    )
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

    async def revocation(self, user_id: str) -> Revocation | None:
        return await self._transaction.one(REVOCATION, user_id=user_id)

    async def revoked(self, user_id: str, revocation: Revocation) -> None:
        spared = revocation.spared_session or None
        await self._transaction.execute(REVOKED, user_id=user_id, time=revocation.time, spared_session=spared)

    async def save(self, user_id: str, digest: bytes, create_time: datetime) -> None:
        await self._transaction.execute(SAVE, user_id=user_id, digest=digest, create_time=create_time)

    async def remove(self, user_id: str) -> None:
        await self._transaction.execute(REMOVE, user_id=user_id)

    async def remove_opened_by(self, user_id: str, time: datetime) -> None:
        await self._transaction.execute(REMOVE_OPENED_BY, user_id=user_id, time=time)
