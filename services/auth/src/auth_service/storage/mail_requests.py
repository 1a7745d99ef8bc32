"""Wishes for mail, in PostgreSQL."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select

from auth_service.domain.accounts import MailKind
from auth_service.domain.mail_requests import MailRequest
from auth_service.tables import METADATA
from servicekit.database import Transaction, compile_command, compile_statement

_REQUESTS = METADATA.tables["mail_requests"]


def _request(request_id: str, kind: str, email: str, create_time: datetime, registration_id: str | None) -> MailRequest:
    return MailRequest(request_id, MailKind(kind), email, create_time, registration_id)


_ADD = compile_command(insert(_REQUESTS).values({c.name: bindparam(c.name) for c in _REQUESTS.c}))
_OLDEST = select(_REQUESTS.c.id).order_by(_REQUESTS.c.id).limit(1).with_for_update(skip_locked=True)
_TAKE = compile_statement(
    delete(_REQUESTS).where(_REQUESTS.c.id == _OLDEST.scalar_subquery()).returning(*_REQUESTS.c), row=_request
)
_DROP = compile_command(delete(_REQUESTS).where(_REQUESTS.c.id == bindparam("request_id")))


class MailRequestsInWork:
    """See ports.MailRequests."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, request: MailRequest) -> None:
        """One row, whoever the address belongs to."""
        await self._transaction.execute(_ADD, **asdict(request) | {"kind": request.kind.value})

    async def take(self) -> MailRequest | None:
        """The oldest that no other worker has."""
        return await self._transaction.one(_TAKE)

    async def drop(self, request_id: str) -> None:
        """By its key."""
        await self._transaction.execute(_DROP, request_id=request_id)
