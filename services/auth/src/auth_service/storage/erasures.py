"""Accounts on their way out, in PostgreSQL, and the receipts of those that are gone."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Integer, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from auth_service.domain.erasure import Erasure, ErasureStatus, Receipt
from auth_service.storage.personal_data import erase
from auth_service.tables import METADATA
from servicekit.database import Database, Transaction, compile_command, compile_statement

_ERASURES = METADATA.tables["erasures"]
_RECEIPTS = METADATA.tables["erasure_receipts"]
_MUTABLE = ("delete_time", "finish_time", "email", "announcements", "announce_time")
_MOST_LISTED = 1000

_user = _ERASURES.c.user_id == bindparam("user_id")
_ADD = compile_command(
    insert(_ERASURES).values({c.name: bindparam(c.name) for c in _ERASURES.c}).on_conflict_do_nothing()
)
_CANCEL = compile_command(delete(_ERASURES).where(_user, _ERASURES.c.delete_time.is_(None)))
_HOLD = compile_statement(select(_ERASURES).where(_user).with_for_update(), row=Erasure)
_SAVE = compile_command(
    update(_ERASURES)
    .where(_ERASURES.c.user_id == bindparam("of_user"))
    .values({name: bindparam(name) for name in _MUTABLE})
)
_received = insert(_RECEIPTS).values({c.name: bindparam(c.name) for c in _RECEIPTS.c})
_RECEIVE = compile_command(
    _received.on_conflict_do_update(
        index_elements=[_RECEIPTS.c.user_id, _RECEIPTS.c.service],
        set_={"row_count": func.greatest(_RECEIPTS.c.row_count, _received.excluded.row_count)},
    )
)
_RECEIPTS_OF = compile_statement(
    select(_RECEIPTS.c.service, _RECEIPTS.c.row_count, _RECEIPTS.c.receive_time)
    .where(_RECEIPTS.c.user_id == bindparam("user_id"))
    .order_by(_RECEIPTS.c.service),
    row=Receipt,
)
_limit = bindparam("limit", type_=Integer)
_DUE = compile_statement(
    select(_ERASURES.c.user_id)
    .where(_ERASURES.c.delete_time.is_(None), _ERASURES.c.request_time <= bindparam("requested_by"))
    .order_by(_ERASURES.c.request_time)
    .limit(_limit),
    row=str,
)
_SILENT = compile_statement(
    select(_ERASURES.c.user_id)
    .where(_ERASURES.c.announce_time <= bindparam("now"))
    .order_by(_ERASURES.c.announce_time)
    .limit(_limit),
    row=str,
)
_newest = select(_ERASURES).order_by(_ERASURES.c.request_time.desc()).limit(_MOST_LISTED).subquery("newest")
_LISTED = compile_statement(
    select(*_newest.c, _RECEIPTS.c.service, _RECEIPTS.c.row_count, _RECEIPTS.c.receive_time)
    .outerjoin(_RECEIPTS, _RECEIPTS.c.user_id == _newest.c.user_id)
    .order_by(_newest.c.request_time, _newest.c.user_id, _RECEIPTS.c.service),
    row=lambda *values: (Erasure(*values[:7]), Receipt(*values[7:]) if values[7] else None),
)


class StoredErasures:
    """See ports.ErasureReader."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, requested_by: datetime, limit: int) -> Sequence[str]:
        """Those that wait longest first."""
        return await self._database.all(_DUE, requested_by=requested_by, limit=limit)

    async def silent(self, now: datetime, limit: int) -> Sequence[str]:
        """Those that wait longest first."""
        return await self._database.all(_SILENT, now=now, limit=limit)

    async def listed(self) -> Sequence[ErasureStatus]:
        """One round trip."""
        rows = await self._database.all(_LISTED)
        groups = groupby(rows, key=lambda row: row[0])
        return [ErasureStatus(erasure, tuple(receipt for _, receipt in group if receipt)) for erasure, group in groups]


class ErasuresInWork:
    """See ports.Erasures."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, erasure: Erasure) -> bool:
        """One row, unless there is one."""
        return await self._transaction.execute(_ADD, **asdict(erasure)) == 1

    async def cancel(self, user_id: str) -> bool:
        """The row goes."""
        return await self._transaction.execute(_CANCEL, user_id=user_id) == 1

    async def get(self, user_id: str) -> Erasure | None:
        """The row, locked."""
        return await self._transaction.one(_HOLD, user_id=user_id)

    async def save(self, erasure: Erasure) -> None:
        """What changes on an account's way out."""
        values: dict[str, Any] = {name: getattr(erasure, name) for name in _MUTABLE}
        await self._transaction.execute(_SAVE, of_user=erasure.user_id, **values)

    async def receive(self, user_id: str, receipt: Receipt) -> None:
        """The larger number stays: it is the sum of what was erased in several rounds."""
        await self._transaction.execute(_RECEIVE, user_id=user_id, **asdict(receipt))

    async def receipts(self, user_id: str) -> Sequence[Receipt]:
        """In the order of the services' names."""
        return await self._transaction.all(_RECEIPTS_OF, user_id=user_id)

    async def erase_account(self, user_id: str) -> int:
        """Every row that belongs to it, the account last."""
        return await erase(self._transaction, user_id)
