"""Sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from auth_service.domain.sessions import RefreshToken, Session


class SessionReader(Protocol):
    """Sessions as they are now, without holding them."""

    async def living(self, user_id: str, now: datetime, before: str | None, limit: int) -> Sequence[Session]:
        """At most `limit` sessions that live at `now`, the newest first, those older than `before` if it is given."""
        ...


class Sessions(Protocol):
    """Sessions inside a unit of work: what is read stays locked until it ends."""

    async def add(self, session: Session) -> None:
        """Save a new session."""
        ...

    async def get(self, session_id: str) -> Session | None:
        """The session, or None when the caller has none with that id."""
        ...

    async def unended(self, user_id: str) -> Sequence[Session]:
        """Every session of an account that nobody ended; expired ones too."""
        ...

    async def surplus(self, user_id: str, kept: int, limit: int) -> Sequence[Session]:
        """Of the sessions of an account that nobody ended, at most `limit` beside the `kept` that were used last."""
        ...

    async def save(self, session: Session) -> None:
        """Save a session that was read in this unit of work."""
        ...

    async def add_refresh_token(self, token: RefreshToken) -> None:
        """Save a refresh token; spent ones stay, to be known when they come back."""
        ...

    async def refresh_token(self, digest: bytes) -> RefreshToken | None:
        """The token, spent or not, or None when it was never given out."""
        ...
