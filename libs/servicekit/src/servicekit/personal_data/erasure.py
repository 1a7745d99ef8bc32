"""A service's part in the erasure of an account: one effect however often it is asked, and a receipt each time."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import MetaData, bindparam, exists, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import Text

from littlemonster.auth.v1.auth_events_pb2 import UserDeleted, UserErased
from servicekit.database import Transaction, compile_command, compile_statement
from servicekit.tables import add_erasure_table

NOBODY = "00000000-0000-0000-0000-000000000000"
"""Stands where a row that others need named an erased account."""

Erase = Callable[[Transaction, str], Awaitable[int]]
"""Erases or anonymises all a service holds of an account, in the transaction; answers how many rows that were."""

_ERASED = add_erasure_table(MetaData())
_asked = insert(_ERASED).values(user_id=bindparam("user_id"), row_count=bindparam("row_count"))
_REMEMBER = compile_statement(
    _asked.on_conflict_do_update(
        index_elements=[_ERASED.c.user_id], set_={"row_count": _ERASED.c.row_count + _asked.excluded.row_count}
    ).returning(_ERASED.c.row_count),
    row=int,
)
# No event is older by then: JetStream forgets after 14 days, the dead letters after 90.
_FORGET = compile_command(_ERASED.delete().where(_ERASED.c.erase_time < func.now() - timedelta(days=100)))


class Erasure:
    """Applies `user.deleted` and answers `user.erased`."""

    def __init__(self, service: str, erase: Erase) -> None:
        self._service = service
        self._erase = erase

    async def apply(self, event: UserDeleted, transaction: Transaction) -> None:
        """Erases what there is, remembers whom, so that a late event cannot bring data back, and answers.

        A repeat erases what has come since, and answers with the sum: the first answer may have been lost.
        """
        rows = await self._erase(transaction, event.user_id)
        await transaction.execute(_FORGET)
        total = await transaction.one(_REMEMBER, user_id=event.user_id, row_count=rows) or 0
        receipt = UserErased(user_id=event.user_id, service=self._service, row_count=total)
        await transaction.emit("user.erased", receipt, about=event.user_id)


def is_erased(user_id: ColumnElement[str]) -> ColumnElement[bool]:
    """An SQL condition: the account called so, given as text, was erased here."""
    return exists().where(_ERASED.c.user_id.cast(Text) == user_id)
