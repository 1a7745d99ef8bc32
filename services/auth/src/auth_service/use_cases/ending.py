"""Ending sessions inside a unit of work: saved and told together."""

from datetime import datetime

from auth_service.domain.events import SessionRevoked
from auth_service.domain.sessions import Session, revoke
from auth_service.ports import Work


async def end_session(work: Work, session: Session, now: datetime) -> None:
    """End a session that was read in this unit of work."""
    await work.sessions.save(revoke(session, now))
    await work.publish(SessionRevoked(session.id, session.user_id, now))


async def end_sessions(work: Work, user_id: str, now: datetime, sparing: str = "") -> None:
    """End every session of an account, which is held, but the one called `sparing`."""
    for session in await work.sessions.unended(user_id):
        if session.id != sparing:
            await end_session(work, session, now)
