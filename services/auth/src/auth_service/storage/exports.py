"""What people take along, in PostgreSQL: the archive beside its export, so that both are there or neither."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, delete, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from auth_service.domain.exports import Export, ExportState
from auth_service.tables import METADATA
from servicekit.database import Database, Transaction, compile_command, compile_statement

_EXPORTS, _PIECES = METADATA.tables["exports"], METADATA.tables["export_pieces"]
_OUTCOME = ("state", "reason", "size", "due_time", "expire_time")
_GATHERING = _EXPORTS.c.state == ExportState.GATHERING.value


def _export(export_id: str, user_id: str, request_id: str | None, state: str, *rest: object) -> Export:
    return Export(export_id, user_id, request_id, ExportState(state), *rest)  # type: ignore[arg-type]  # as the columns say


_GET = compile_statement(select(_EXPORTS).where(_EXPORTS.c.id == bindparam("id")), row=_export)
_PIECE = compile_statement(
    select(_PIECES.c.data)
    .join(_EXPORTS, _EXPORTS.c.id == _PIECES.c.export_id)
    .where(_EXPORTS.c.id == bindparam("id"), _EXPORTS.c.secret == bindparam("secret"))
    .where(_PIECES.c.number == bindparam("number")),
    row=bytes,
)
_of_user = _EXPORTS.c.user_id == bindparam("user_id")
_same_request = func.coalesce(
    _EXPORTS.c.request_id == bindparam("request_id", type_=_EXPORTS.c.request_id.type), false()
)
_KNOWN = compile_statement(
    select(_EXPORTS).where(_of_user, or_(_same_request, _GATHERING)).order_by(_same_request.desc()).limit(1),
    row=_export,
)
_BEGUN = compile_statement(
    select(_EXPORTS.c.create_time).where(_of_user, _EXPORTS.c.create_time > bindparam("since")), row=lambda time: time
)
_REMOVE = compile_command(delete(_EXPORTS).where(_EXPORTS.c.id == bindparam("export_id")))
_ADD = compile_command(insert(_EXPORTS).values({c.name: bindparam(c.name) for c in _EXPORTS.c}))
_REPLACE_SECRETS = compile_command(
    # Whatever their state: one that is becoming READY at this moment is waited for.
    update(_EXPORTS)
    .where(_of_user)
    .values(secret=func.sha256(_EXPORTS.c.secret.concat(bindparam("salt", type_=_EXPORTS.c.secret.type))))
)
_due = (
    select(_EXPORTS.c.id)
    .where(_GATHERING, _EXPORTS.c.due_time <= bindparam("now"))
    .order_by(_EXPORTS.c.due_time)
    .limit(1)
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = compile_statement(
    update(_EXPORTS)
    .where(_EXPORTS.c.id == _due.c.id)
    .values(attempts=_EXPORTS.c.attempts + 1, due_time=bindparam("until"))
    .returning(*_EXPORTS.c),
    row=_export,
)
_SAVE = compile_command(
    update(_EXPORTS)
    # Another number of attempts means that the lease ran out and another worker has the export now.
    .where(_EXPORTS.c.id == bindparam("export_id"), _EXPORTS.c.attempts == bindparam("made"), _GATHERING)
    .values({name: bindparam(f"new_{name}") for name in _OUTCOME})
)
_KEEP = compile_command(
    insert(_PIECES)
    .from_select(
        ["export_id", "user_id", "number", "data"],
        select(
            _EXPORTS.c.id,
            _EXPORTS.c.user_id,
            bindparam("number", type_=_PIECES.c.number.type),
            bindparam("data", type_=_PIECES.c.data.type),
        ).where(_EXPORTS.c.id == bindparam("export_id")),
    )
    # Those of another worker, which has the export now: what this one adds will be undone.
    .on_conflict_do_nothing()
)


class StoredExports:
    """See ports.ExportReader."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, export_id: str) -> Export | None:
        """One round trip."""
        return await self._database.one(_GET, id=export_id)

    async def piece(self, export: Export, number: int) -> bytes | None:
        """One round trip, one piece in memory."""
        return await self._database.one(_PIECE, id=export.id, secret=export.secret, number=number)


class StoredExportsInWork:
    """See ports.ExportsInWork."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def known(self, user_id: str, request_id: str | None) -> Export | None:
        """The same request comes before the one in the making."""
        return await self._transaction.one(_KNOWN, user_id=user_id, request_id=request_id)

    async def remove(self, export_id: str) -> None:
        """Its pieces go with it."""
        await self._transaction.execute(_REMOVE, export_id=export_id)

    async def begun_since(self, user_id: str, since: datetime) -> Sequence[datetime]:
        """Expired ones are gone by then, at the earliest after the time that is asked for."""
        return await self._transaction.all(_BEGUN, user_id=user_id, since=since)

    async def add(self, export: Export) -> None:
        """One row."""
        await self._transaction.execute(_ADD, **asdict(export) | {"state": export.state.value})

    async def replace_secrets(self, user_id: str, salt: bytes) -> None:
        """One statement."""
        await self._transaction.execute(_REPLACE_SECRETS, user_id=user_id, salt=salt)

    async def claim(self, now: datetime, until: datetime) -> Export | None:
        """A row locked by another worker is skipped."""
        return await self._transaction.one(_CLAIM, now=now, until=until)

    async def save(self, export: Export) -> bool:
        """The outcome of a try."""
        outcome = {f"new_{name}": getattr(export, name) for name in _OUTCOME} | {"new_state": export.state.value}
        return await self._transaction.execute(_SAVE, export_id=export.id, made=export.attempts, **outcome) == 1

    async def keep(self, export_id: str, pieces: Iterable[bytes]) -> None:
        """One row a piece; no more than one is in memory."""
        for number, data in enumerate(pieces):
            await self._transaction.execute(_KEEP, export_id=export_id, number=number, data=data)
