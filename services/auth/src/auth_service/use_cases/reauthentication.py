"""Proving again who one is, for what a signed-in session alone must not do."""

from auth_service.domain.audit import AuditAction
from auth_service.domain.sessions import Assurance, Client, is_living, proven
from auth_service.errors import SessionNotFound
from auth_service.ports import UnitOfWork
from auth_service.use_cases.acting import AUTH, person
from auth_service.use_cases.auditing import entry, refusals_audited
from auth_service.use_cases.proving import PasswordProof
from servicekit.caller import acting_as
from servicekit.clock import Clock


class Reauthentication:
    """Makes the caller's session fresh; see use_cases.freshness for what asks for that."""

    def __init__(self, unit_of_work: UnitOfWork, proof: PasswordProof, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._proof = proof
        self._clock = clock

    async def reauthenticate(self, password: str, client: Client) -> None:
        """Raises CurrentPasswordWrong, TooManyAttempts, PasswordChecksBusy, UserNotFound, SessionNotFound."""
        caller = person()
        attempt = entry(AuditAction.REAUTHENTICATED, self._clock(), client, actor=caller.id, subject=caller.id)
        with acting_as(AUTH):
            async with refusals_audited(self._unit_of_work, attempt):
                account = await self._proof.by_password(caller.id, password, client, "password")
                async with self._unit_of_work() as work:
                    held, now = await work.accounts.get(account.id), self._clock()
                    session = await work.sessions.get(caller.session_id)
                    # Its password changed while it was compared, or the session ended: as if it had come a moment later.
                    unchanged = held is not None and held.password_hash == account.password_hash
                    if session is None or not unchanged or not is_living(session, now):
                        raise SessionNotFound(session=caller.session_id)
                    await work.sessions.save(proven(session, Assurance.PASSWORD, now))
                    await work.audit.record(attempt)
