"""Where a person is signed in, and ending it from afar."""

from collections.abc import Sequence

from auth_service.domain.audit import AuditAction
from auth_service.domain.sessions import UNKNOWN_CLIENT, Client, Session, is_living
from auth_service.errors import SessionNotFound, UserNotFound
from auth_service.ports import SessionReader, UnitOfWork
from auth_service.use_cases.acting import person
from auth_service.use_cases.auditing import entry
from auth_service.use_cases.ending import end_session, end_sessions
from servicekit.clock import Clock


class Devices:
    """The caller's own sessions, read and ended as the caller, so that row-level security is the second wall."""

    def __init__(self, sessions: SessionReader, unit_of_work: UnitOfWork, clock: Clock) -> None:
        self._sessions = sessions
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def living(self, before: str | None, limit: int) -> Sequence[Session]:
        """At most `limit` living sessions opened before the one called `before`, the newest first.

        Raises Unauthenticated, PersonNeeded.
        """
        return await self._sessions.living(person().id, self._clock(), before, limit)

    async def end(self, session_id: str, client: Client = UNKNOWN_CLIENT) -> None:
        """End one. Raises SessionNotFound when it is not the caller's or lives no more, Unauthenticated, PersonNeeded."""
        caller, now = person(), self._clock()
        async with self._unit_of_work() as work:
            session = await work.sessions.get(session_id)
            if session is None or session.user_id != caller.id or not is_living(session, now):
                raise SessionNotFound(session=session_id)
            await end_session(work, session, now)
            await work.audit.record(entry(AuditAction.SESSION_REVOKED, now, client, actor=caller.id, subject=caller.id))

    async def end_others(self, client: Client = UNKNOWN_CLIENT) -> None:
        """End all but the one that asks; a repeat changes nothing. Raises UserNotFound, Unauthenticated, PersonNeeded."""
        caller, now = person(), self._clock()
        async with self._unit_of_work() as work:
            # Held before its sessions, as everywhere.
            if await work.accounts.get(caller.id) is None:
                raise UserNotFound(user=caller.id)
            if await end_sessions(work, caller.id, now, sparing=caller.session_id):
                ended = entry(AuditAction.SESSION_REVOKED, now, client, actor=caller.id, subject=caller.id)
                await work.audit.record(ended)
