"""Changes of e-mail addresses that wait for both to agree, in PostgreSQL."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from auth_service.domain.email_changes import EmailChange
from auth_service.tables import METADATA
from servicekit.database import Transaction, compile_command, compile_statement

_CHANGES = METADATA.tables["email_changes"]
_VALUES: dict[str, BindParameter[Any]] = {column.name: bindparam(column.name) for column in _CHANGES.c}
_GET = compile_statement(select(_CHANGES).where(_CHANGES.c.user_id == bindparam("user_id")), row=EmailChange)
_SAVE = compile_command(
    insert(_CHANGES)
    .values(_VALUES)
    .on_conflict_do_update(index_elements=["user_id"], set_={n: v for n, v in _VALUES.items() if n != "user_id"})
)


class EmailChangesInWork:
    """See ports.EmailChanges. The account, which is held, keeps two from changing one row at once."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def get(self, user_id: str) -> EmailChange | None:
        """One row an account."""
        return await self._transaction.one(_GET, user_id=user_id)

    async def save(self, change: EmailChange) -> None:
        """The newest replaces what there was."""
        await self._transaction.execute(_SAVE, **asdict(change))
