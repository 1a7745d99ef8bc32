"""Sessions and their refresh tokens in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from auth_service.domain.sessions import ABSOLUTE_LIFETIME, INACTIVITY_LIFETIME, RefreshToken, Session
from auth_service.storage.accounts import LAST_ID
from auth_service.tables import METADATA
from servicekit.database import Database, Transaction, compile_command, compile_statement

_SESSIONS = METADATA.tables["sessions"]
_REFRESH_TOKENS = METADATA.tables["refresh_tokens"]

_CHANGING = ("generation", "last_used_time", "revoke_time", "successor_salt", "auth_time", "aal")

_ADD = compile_command(insert(_SESSIONS).values({c.name: bindparam(c.name) for c in _SESSIONS.c}))
_HOLD = compile_statement(
    select(_SESSIONS).where(_SESSIONS.c.id == bindparam("id")).with_for_update(key_share=True), row=Session
)
_SAVE = compile_command(
    update(_SESSIONS)
    .where(_SESSIONS.c.id == bindparam("session_id"))
    .values({name: bindparam(name) for name in _CHANGING})
)
_LIVING = compile_statement(
    select(_SESSIONS)
    .where(
        _SESSIONS.c.user_id == bindparam("user_id"),
        _SESSIONS.c.revoke_time.is_(None),
        _SESSIONS.c.last_used_time > bindparam("used_after"),
        _SESSIONS.c.create_time > bindparam("created_after"),
        _SESSIONS.c.id < bindparam("before"),
    )
    # Ids begin with the time they were made.
    .order_by(_SESSIONS.c.id.desc())
    .limit(bindparam("limit")),
    row=Session,
)
_UNENDED = compile_statement(
    select(_SESSIONS)
    .where(_SESSIONS.c.user_id == bindparam("user_id"), _SESSIONS.c.revoke_time.is_(None))
    .order_by(_SESSIONS.c.id)
    .with_for_update(key_share=True),
    row=Session,
)
_surplus = (
    select(_SESSIONS.c.id)
    .where(_SESSIONS.c.user_id == bindparam("user_id"), _SESSIONS.c.revoke_time.is_(None))
    .order_by(_SESSIONS.c.last_used_time.desc(), _SESSIONS.c.id.desc())
    .offset(bindparam("kept"))
    .limit(bindparam("limit"))
)
_SURPLUS = compile_statement(
    select(_SESSIONS).where(_SESSIONS.c.id.in_(_surplus)).order_by(_SESSIONS.c.id).with_for_update(key_share=True),
    row=Session,
)
_ADD_TOKEN = compile_command(insert(_REFRESH_TOKENS).values({c.name: bindparam(c.name) for c in _REFRESH_TOKENS.c}))
_TOKEN = compile_statement(
    select(_REFRESH_TOKENS).where(_REFRESH_TOKENS.c.digest == bindparam("digest")), row=RefreshToken
)


class StoredSessions:
    """See ports.SessionReader."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def living(self, user_id: str, now: datetime, before: str | None, limit: int) -> Sequence[Session]:
        """One round trip."""
        times = {"used_after": now - INACTIVITY_LIFETIME, "created_after": now - ABSOLUTE_LIFETIME}
        return await self._database.all(_LIVING, user_id=user_id, before=before or LAST_ID, limit=limit, **times)


class SessionsInWork:
    """See ports.Sessions."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, session: Session) -> None:
        """One row."""
        await self._transaction.execute(_ADD, **asdict(session))

    async def get(self, session_id: str) -> Session | None:
        """The session, locked: of two who refresh at once the second sees what the first left."""
        return await self._transaction.one(_HOLD, id=session_id)

    async def unended(self, user_id: str) -> Sequence[Session]:
        """The sessions, locked."""
        return await self._transaction.all(_UNENDED, user_id=user_id)

    async def surplus(self, user_id: str, kept: int, limit: int) -> Sequence[Session]:
        """Only the surplus is locked."""
        return await self._transaction.all(_SURPLUS, user_id=user_id, kept=kept, limit=limit)

    async def save(self, session: Session) -> None:
        """What changes in a session's life."""
        changing = {name: getattr(session, name) for name in _CHANGING}
        await self._transaction.execute(_SAVE, session_id=session.id, **changing)

    async def add_refresh_token(self, token: RefreshToken) -> None:
        """One row."""
        await self._transaction.execute(_ADD_TOKEN, **asdict(token))

    async def refresh_token(self, digest: bytes) -> RefreshToken | None:
        """Found by the digest, so no comparison of secrets takes place."""
        return await self._transaction.one(_TOKEN, digest=digest)
