"""Ending sessions, and what opens without one, inside a unit of work: saved and told together."""

from datetime import datetime

from auth_service.domain.events import AccessRevoked, SessionRevoked
from auth_service.domain.secrets import new_salt
from auth_service.domain.sessions import MOST_SESSIONS, SURPLUS_AT_ONCE, Session, revoke
from auth_service.ports import Work


async def end_session(work: Work, session: Session, now: datetime) -> None:
    """End a session that was read in this unit of work."""
    await work.sessions.save(revoke(session, now))
    await work.publish(SessionRevoked(session.id, session.user_id, now))


async def end_sessions(work: Work, user_id: str, now: datetime, sparing: str = "") -> bool:
    """End every session of an account, which is held, but the one called `sparing`. Whether there was one."""
    others = [session for session in await work.sessions.unended(user_id) if session.id != sparing]
    for session in others:
        await end_session(work, session, now)
    return bool(others)


async def end_surplus(work: Work, user_id: str, now: datetime) -> None:
    """Keep MOST_SESSIONS of an account, which is held: those used longest ago end, a few at a time."""
    for session in await work.sessions.surplus(user_id, MOST_SESSIONS, SURPLUS_AT_ONCE):
        await end_session(work, session, now)


async def revoke_access(work: Work, user_id: str, now: datetime, sparing: str = "") -> None:
    """End sessions as `end_sessions` does, and what opens without one, such as a calendar feed.

    `now` was read while the account was held: a session opened after it counts elsewhere as one that goes on.
    """
    await end_sessions(work, user_id, now, sparing)
    await work.publish(AccessRevoked(user_id, now, sparing))


async def lock_out(work: Work, user_id: str, now: datetime, sparing: str = "") -> None:
    """Revoke access as `revoke_access` does, and make links to archives worthless: a stranger may hold any of them."""
    await work.exports.replace_secrets(user_id, new_salt())
    await revoke_access(work, user_id, now, sparing)
