"""What can be deleted, in batches that hold few locks and wait for none."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, bindparam, delete, or_, select

from auth_service.domain.erasure import RECEIPTS_KEPT
from auth_service.domain.mails import ABANDONED_KEPT, SENT_KEPT, MailStatus
from auth_service.domain.sessions import ABSOLUTE_LIFETIME, ENDED_KEPT, INACTIVITY_LIFETIME
from auth_service.tables import METADATA
from servicekit.caller import Role
from servicekit.database import Database, compile_command
from servicekit.database.statements import Statement

_SESSIONS, _USERS, _REGISTRATIONS = (METADATA.tables[name] for name in ("sessions", "users", "registrations"))
_NAMES = ("mailed_tokens", "email_changes", "mfa_challenges", "mails", "erasures", "exports")
_TOKENS, _CHANGES, _CHALLENGES, _MAILS, _ERASURES, _EXPORTS = (METADATA.tables[name] for name in _NAMES)


def _removal(table: Table, condition: ColumnElement[bool]) -> Statement[tuple[Any, ...]]:
    (key,) = table.primary_key.columns
    batch = select(key).where(condition).limit(bindparam("limit")).with_for_update(skip_locked=True)
    return compile_command(delete(table).where(key.in_(batch)))


_REMOVE_SESSIONS = _removal(
    _SESSIONS,
    or_(
        _SESSIONS.c.revoke_time <= bindparam("revoked_by"),
        _SESSIONS.c.last_used_time <= bindparam("used_by"),
        _SESSIONS.c.create_time <= bindparam("created_by"),
    ),
)
_REMOVE_TOKENS = _removal(_TOKENS, _TOKENS.c.expire_time <= bindparam("now"))
_REMOVE_CHANGES = _removal(_CHANGES, _CHANGES.c.expire_time <= bindparam("now"))
_REMOVE_CHALLENGES = _removal(_CHALLENGES, _CHALLENGES.c.expire_time <= bindparam("now"))
_REMOVE_MAILS = _removal(
    _MAILS,
    or_(
        and_(_MAILS.c.status == MailStatus.SENT.value, _MAILS.c.create_time <= bindparam("sent_by")),
        and_(_MAILS.c.status == MailStatus.ABANDONED.value, _MAILS.c.create_time <= bindparam("abandoned_by")),
    ),
)
_REMOVE_EXPORTS = _removal(_EXPORTS, _EXPORTS.c.expire_time <= bindparam("now"))
_REMOVE_ERASURES = _removal(_ERASURES, _ERASURES.c.finish_time <= bindparam("finished_by"))

_REMOVE_REGISTRATIONS = _removal(_REGISTRATIONS, _REGISTRATIONS.c.create_time <= bindparam("made_by"))
_REMOVE_ACCOUNTS = _removal(
    _USERS,
    and_(
        _USERS.c.verify_time.is_(None),
        _USERS.c.role == Role.STUDENT.value,
        _USERS.c.create_time <= bindparam("made_by"),
    ),
)


class StoredLeftovers:
    """See ports.Leftovers. Each call is one short transaction; rows that others hold are left for the next."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remove_sessions(self, now: datetime, limit: int) -> int:
        """Their refresh tokens go with them."""
        return await self._remove(
            _REMOVE_SESSIONS,
            limit,
            revoked_by=now - ENDED_KEPT,
            used_by=now - INACTIVITY_LIFETIME,
            created_by=now - ABSOLUTE_LIFETIME,
        )

    async def remove_mailed_tokens(self, now: datetime, limit: int) -> int:
        """By their time alone."""
        return await self._remove(_REMOVE_TOKENS, limit, now=now)

    async def remove_email_changes(self, now: datetime, limit: int) -> int:
        """By their time alone."""
        return await self._remove(_REMOVE_CHANGES, limit, now=now)

    async def remove_challenges(self, now: datetime, limit: int) -> int:
        """By their time alone."""
        return await self._remove(_REMOVE_CHALLENGES, limit, now=now)

    async def remove_mails(self, now: datetime, limit: int) -> int:
        """Never one that is still to be sent."""
        return await self._remove(_REMOVE_MAILS, limit, sent_by=now - SENT_KEPT, abandoned_by=now - ABANDONED_KEPT)

    async def remove_exports(self, now: datetime, limit: int) -> int:
        """Their pieces go with them."""
        return await self._remove(_REMOVE_EXPORTS, limit, now=now)

    async def remove_erasures(self, now: datetime, limit: int) -> int:
        """Their receipts go with them."""
        return await self._remove(_REMOVE_ERASURES, limit, finished_by=now - RECEIPTS_KEPT)

    async def remove_registrations(self, made_by: datetime, limit: int) -> int:
        """By their time alone, so that nothing tells whether the address has an account. Mails and tokens go with them."""
        return await self._remove(_REMOVE_REGISTRATIONS, limit, made_by=made_by)

    async def remove_unconfirmed_accounts(self, made_by: datetime, limit: int) -> int:
        """One that is being confirmed is held, and passed over. What belongs to them goes with them."""
        return await self._remove(_REMOVE_ACCOUNTS, limit, made_by=made_by)

    async def _remove(self, statement: Statement[tuple[Any, ...]], limit: int, **times: datetime) -> int:
        async with self._database.transaction() as transaction:
            return await transaction.execute(statement, limit=limit, **times)
