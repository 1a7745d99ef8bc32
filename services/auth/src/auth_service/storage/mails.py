"""The mail outbox in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, insert, select, update

from auth_service.domain.accounts import MailKind
from auth_service.domain.mails import Mail, MailStatus
from auth_service.tables import METADATA
from servicekit.database import Transaction, compile_command, compile_statement

_MAILS, _REGISTRATIONS = METADATA.tables["mails"], METADATA.tables["registrations"]


_TURNS = 1
"""Tells these advisory locks from others."""


def _mail(mail_id: str, user_id: str | None, kind: str, recipient: str, status: str, *rest: Any) -> Mail:
    return Mail(mail_id, user_id, MailKind(kind), recipient, MailStatus(status), *rest)


def _time(time: datetime) -> datetime:
    return time


_ADD = compile_command(insert(_MAILS).values({c.name: bindparam(c.name) for c in _MAILS.c}))
_COUNT = compile_statement(
    select(func.count())
    .select_from(_MAILS)
    .where(
        _MAILS.c.user_id == bindparam("user_id"),
        _MAILS.c.kind == bindparam("kind"),
        _MAILS.c.create_time > bindparam("since"),
    ),
    row=int,
)
_AWAIT_TURN = compile_command(
    select(func.pg_advisory_xact_lock(func.hashtextextended(cast(bindparam("email"), Text), _TURNS)))
)
_TO_REGISTRATIONS = compile_statement(
    select(_MAILS.c.create_time)
    .join(_REGISTRATIONS, _REGISTRATIONS.c.id == _MAILS.c.registration_id)
    .where(
        _REGISTRATIONS.c.email == bindparam("email"),
        _MAILS.c.kind == bindparam("kind"),
        _MAILS.c.create_time > bindparam("since"),
    )
    .order_by(_MAILS.c.create_time.desc()),
    row=_time,
)
_DUE = (
    select(_MAILS.c.id)
    .where(_MAILS.c.status == MailStatus.PENDING.value, _MAILS.c.due_time <= bindparam("now"))
    .order_by(_MAILS.c.due_time)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = compile_statement(
    update(_MAILS)
    .where(_MAILS.c.id == _DUE.c.id)
    .values(attempts=_MAILS.c.attempts + 1, due_time=bindparam("until"))
    .returning(*_MAILS.c),
    row=_mail,
)
_SAVE = compile_command(
    update(_MAILS)
    # Another number of attempts means that the lease ran out and another worker has the mail now.
    .where(_MAILS.c.id == bindparam("mail_id"), _MAILS.c.attempts == bindparam("attempts"))
    .values({name: bindparam(name) for name in ("status", "due_time", "last_error", "recipient")})
)


class MailsInWork:
    """See ports.Mails."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, mail: Mail) -> None:
        """One row."""
        await self._transaction.execute(_ADD, **asdict(mail))

    async def count(self, user_id: str, kind: MailKind, since: datetime) -> int:
        """Found by the account."""
        return await self._transaction.one(_COUNT, user_id=user_id, kind=kind.value, since=since) or 0

    async def to_registrations(self, email: str, kind: MailKind, since: datetime) -> Sequence[datetime]:
        """Few: an address gets five of a kind an hour. One asks after the other, so that no two send the last of them."""
        await self._transaction.execute(_AWAIT_TURN, email=email)
        return await self._transaction.all(_TO_REGISTRATIONS, email=email, kind=kind.value, since=since)

    async def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[Mail]:
        """The longest due first; rows locked by another worker are skipped."""
        return await self._transaction.all(_CLAIM, now=now, until=until, limit=limit)

    async def save(self, mail: Mail) -> None:
        """The outcome of a try."""
        await self._transaction.execute(
            _SAVE,
            mail_id=mail.id,
            attempts=mail.attempts,
            status=mail.status.value,
            due_time=mail.due_time,
            last_error=mail.last_error,
            recipient=mail.recipient,
        )
