"""Proving again who one is, for what a signed-in session alone must not do."""

from auth_service.domain.attempts import code_budgets, recorded_budgets
from auth_service.domain.audit import AuditAction, AuditEvent
from auth_service.domain.second_factors import is_on
from auth_service.domain.sessions import Assurance, Client, is_living, proven
from auth_service.errors import MfaCodeInvalid, MfaCodeNeeded, SessionNotFound
from auth_service.ports import AttemptLimiter, UnitOfWork, Work
from auth_service.use_cases.acting import AUTH, person
from auth_service.use_cases.admitting import admit
from auth_service.use_cases.auditing import entry, refusals_audited
from auth_service.use_cases.codes import CodeCheck
from auth_service.use_cases.proving import PasswordProof
from servicekit.caller import Caller, acting_as
from servicekit.clock import Clock


class Reauthentication:
    """Makes the caller's session fresh; see use_cases.freshness for what asks for that."""

    def __init__(
        self,
        unit_of_work: UnitOfWork,
        proof: PasswordProof,
        check: CodeCheck,
        attempts: AttemptLimiter,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._proof = proof
        self._check = check
        self._attempts = attempts
        self._clock = clock

    async def reauthenticate(self, password: str, code: str, client: Client) -> None:
        """By the password, or by a code when the account has a second factor: whoever has that knows the password too.

        Raises CurrentPasswordWrong, MfaCodeNeeded, MfaCodeInvalid, TooManyAttempts, PasswordChecksBusy, UserNotFound,
        SessionNotFound.
        """
        caller = person()
        attempt = entry(AuditAction.REAUTHENTICATED, self._clock(), client, actor=caller.id, subject=caller.id)
        with acting_as(AUTH):
            async with refusals_audited(self._unit_of_work, attempt):
                async with self._unit_of_work() as work:
                    by_code = is_on(await work.second_factors.totp(caller.id))
                if by_code:
                    await self._by_code(caller, code, client, attempt)
                else:
                    await self._by_password(caller, password, client, attempt)

    async def _by_password(self, caller: Caller, password: str, client: Client, attempt: AuditEvent) -> None:
        account = await self._proof.by_password(caller.id, password, client, "password")
        async with self._unit_of_work() as work:
            held = await work.accounts.get(account.id)
            # Its password changed while it was compared: as if it had come a moment later.
            if held is None or held.password_hash != account.password_hash:
                raise SessionNotFound(session=caller.session_id)
            await self._prove(work, caller, Assurance.PASSWORD, attempt)

    async def _by_code(self, caller: Caller, code: str, client: Client, attempt: AuditEvent) -> None:
        if not code:
            await admit(self._attempts, recorded_budgets(caller.id))
            raise MfaCodeNeeded(fields={"code": "is needed"})
        budgets = code_budgets(caller.id, client.address)
        await admit(self._attempts, budgets)
        async with self._unit_of_work() as work:
            await work.accounts.get(caller.id)
            totp = await work.second_factors.totp(caller.id)
            # Asked again, as it is held only now: an app that is being enrolled anew proves nothing.
            if totp is None or not is_on(totp) or not await self._check.spend_any(work, totp, code):
                raise MfaCodeInvalid(fields={"code": "is wrong, or was used before"})
            await self._prove(work, caller, Assurance.TWO_FACTORS, attempt)
        await self._attempts.forgive(budgets)

    async def _prove(self, work: Work, caller: Caller, by: Assurance, attempt: AuditEvent) -> None:
        session, now = await work.sessions.get(caller.session_id), self._clock()
        if session is None or not is_living(session, now):
            raise SessionNotFound(session=caller.session_id)
        await work.sessions.save(proven(session, by, now))
        await work.audit.record(attempt)
