"""A signed-in device: how its refresh tokens rotate, and when it ends."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

INACTIVITY_LIFETIME = timedelta(days=30)
ABSOLUTE_LIFETIME = timedelta(days=90)
GRACE = timedelta(seconds=10)
"""How long a spent refresh token is taken for a question whose answer was lost."""

FRESH = timedelta(minutes=5)
"""How long after a person proved who they are a session may do what a stolen token must not."""

RENEWALS, RENEWAL_INTERVAL = 100, timedelta(minutes=1)
"""A session may be renewed so often at once, and once more for each such time since it was opened: every spent token is kept."""

MOST_SESSIONS = 100
"""Of one account: all must be ended in one transaction, and everybody told of each. One more ends the one used longest ago."""

SURPLUS_AT_ONCE = 20
"""Sessions that one sign-in ends at most, of an account that has more from before there was a limit."""

ENDED_KEPT = timedelta(days=7)
"""How long an ended session is remembered, so that its refresh tokens are known when a thief presents them."""

LONGEST_USER_AGENT = 256
"""Characters kept of what a client says about itself."""


class Assurance(IntEnum):
    """How surely a session's person is known: the token's `aal` claim, named after NIST SP 800-63B's levels."""

    PASSWORD = 1
    TWO_FACTORS = 2


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. `generation` counts its refresh tokens, the newest alone is good; it follows from the one before by
    `successor_salt` (empty at first). `revoke_time` None means that nobody ended it. `auth_time` is when its person last proved
    who they are, `aal` the best they proved it by."""

    id: str
    user_id: str
    generation: int
    user_agent: str
    create_time: datetime
    last_used_time: datetime
    revoke_time: datetime | None
    successor_salt: bytes
    auth_time: datetime
    aal: int


@dataclass(frozen=True, slots=True)
class Client:
    """Where a call comes from: its network address and what it says it is, each empty when unknown."""

    address: str = ""
    user_agent: str = ""


UNKNOWN_CLIENT = Client()


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token as it is kept: `digest` is the SHA-256 of its text."""

    digest: bytes
    session_id: str
    user_id: str
    generation: int


@dataclass(frozen=True, slots=True)
class Rotated:
    """The token was the newest: the session goes on with the next generation."""

    session: Session


@dataclass(frozen=True, slots=True)
class Repeated:
    """The token was spent a moment ago, so its answer was lost: the same answer is given again, nothing changes."""

    session: Session


@dataclass(frozen=True, slots=True)
class Replayed:
    """The token was spent before, so two people hold it: the session ends. `newly_revoked` is False if it had."""

    session: Session
    newly_revoked: bool


@dataclass(frozen=True, slots=True)
class TooSoon:
    """The session was renewed too often; the token is good again after `wait`."""

    wait: timedelta


@dataclass(frozen=True, slots=True)
class Ended:
    """The session was ended or has expired."""


def refresh_token(digest: bytes, session: Session) -> RefreshToken:
    """The token of the session's present generation."""
    return RefreshToken(digest, session.id, session.user_id, session.generation)


def open_session(
    session_id: str, user_id: str, user_agent: str, now: datetime, aal: Assurance = Assurance.PASSWORD
) -> Session:
    """A new session at its first refresh token."""
    shown = "".join(character if character.isprintable() else " " for character in user_agent)
    return Session(
        id=session_id,
        user_id=user_id,
        generation=1,
        user_agent=shown[:LONGEST_USER_AGENT],
        create_time=now,
        last_used_time=now,
        revoke_time=None,
        successor_salt=b"",
        auth_time=now,
        aal=aal,
    )


def rotate(
    session: Session, presented: int, salt: bytes, now: datetime
) -> Rotated | Repeated | Replayed | TooSoon | Ended:
    """What presenting the refresh token of generation `presented` does to its session; `salt` is new and random."""
    if presented == session.generation - 1 and not session.revoke_time and now < session.last_used_time + GRACE:
        return Repeated(session)
    if presented != session.generation:
        return Replayed(revoke(session, now), newly_revoked=session.revoke_time is None)
    if not is_living(session, now):
        return Ended()
    allowed_from = session.create_time + RENEWAL_INTERVAL * (session.generation - RENEWALS)
    if now < allowed_from:
        return TooSoon(allowed_from - now)
    return Rotated(replace(session, generation=session.generation + 1, last_used_time=now, successor_salt=salt))


def is_living(session: Session, now: datetime) -> bool:
    """Whether nobody ended it and it has not expired."""
    return session.revoke_time is None and now < expire_time(session)


def is_fresh(session: Session, needed: Assurance, now: datetime) -> bool:
    """Whether its person proved who they are a moment ago, as well as is needed."""
    return is_living(session, now) and session.aal >= needed and now < session.auth_time + FRESH


def proven(session: Session, by: Assurance, now: datetime) -> Session:
    """The session after its person proved again who they are; what was proven before still counts."""
    return replace(session, auth_time=now, aal=max(session.aal, by))


def revoke(session: Session, now: datetime) -> Session:
    """The session ended; a repeat keeps the first time."""
    return replace(session, revoke_time=session.revoke_time or now)


def expire_time(session: Session) -> datetime:
    """When the session ends if it is not used, or however much it is used."""
    return min(session.last_used_time + INACTIVITY_LIFETIME, session.create_time + ABSOLUTE_LIFETIME)
