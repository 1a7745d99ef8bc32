"""Sessions, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from fakes.auth.seeing import may_see

from auth_service.domain.sessions import RefreshToken, Session, is_living

if TYPE_CHECKING:
    from fakes.auth.memory import Tables


class MemorySessions:
    """See ports.Sessions and ports.SessionReader."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, session: Session) -> None:
        self._tables.sessions[session.id] = session

    async def get(self, session_id: str) -> Session | None:
        session = self._tables.sessions.get(session_id)
        return session if session and may_see(session.user_id) else None

    async def unended(self, user_id: str) -> Sequence[Session]:
        mine = [session for session in self._tables.sessions.values() if session.user_id == user_id]
        return sorted((each for each in mine if each.revoke_time is None), key=lambda session: session.id)

    async def surplus(self, user_id: str, kept: int, limit: int) -> Sequence[Session]:
        last_used = sorted(await self.unended(user_id), key=lambda each: (each.last_used_time, each.id), reverse=True)
        return sorted(last_used[kept : kept + limit], key=lambda session: session.id)

    async def save(self, session: Session) -> None:
        self._tables.sessions[session.id] = session

    async def living(self, user_id: str, now: datetime, before: str | None, limit: int) -> Sequence[Session]:
        found = [
            session
            for session in self._tables.sessions.values()
            if session.user_id == user_id and may_see(user_id) and is_living(session, now)
        ]
        older = [session for session in found if before is None or session.id < before]
        return sorted(older, key=lambda session: session.id, reverse=True)[:limit]

    async def add_refresh_token(self, token: RefreshToken) -> None:
        self._tables.refresh_tokens[token.digest] = token

    async def refresh_token(self, digest: bytes) -> RefreshToken | None:
        return self._tables.refresh_tokens.get(digest)
