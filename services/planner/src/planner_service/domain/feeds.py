"""Who may open a calendar feed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

OLD_TOKENS_LIVE = timedelta(minutes=11)
"""How long after access was revoked a token of before may still open a feed: its ten minutes, and one for clocks that differ."""

_BITS_AFTER_TIME = 80


@dataclass(frozen=True, slots=True)
class Revocation:
    """When access to an account was revoked. Its sessions of before have ended but `spared_session`, "" when none goes on."""

    time: datetime
    spared_session: str


def is_ended(session_id: str, revocation: Revocation, now: datetime) -> bool:
    """Whether the session is one that ended by it a moment ago, of which not every process need have heard yet.

    Auth reads both times while it holds the account, so by one clock no session of before looks younger; one of the same
    millisecond counts as ended. Clocks of auth's processes that differ err to either side for sessions opened within the
    difference: one that ended may open a feed until the news of its own end comes, and a new one be refused for OLD_TOKENS_LIVE.
    """
    if now >= revocation.time + OLD_TOKENS_LIVE or session_id == revocation.spared_session:
        return False
    return _opened(session_id) <= revocation.time


def _opened(session_id: str) -> datetime:
    """A session's id is a UUIDv7: it begins with the milliseconds since 1970 (RFC 9562, 5.7)."""
    return datetime.fromtimestamp((UUID(session_id).int >> _BITS_AFTER_TIME) / 1000, UTC)
