"""A person's second factor: enrolling an app, completing that, and giving it up."""

from dataclasses import dataclass, replace
from datetime import datetime

from auth_service.domain.accounts import Account, MailKind
from auth_service.domain.attempts import code_budgets, recorded_budgets
from auth_service.domain.audit import AuditAction
from auth_service.domain.mails import new_mail
from auth_service.domain.second_factors import (
    RECOVERY_CODES,
    Totp,
    awaits_first_code,
    enrol,
    is_on,
    new_recovery_code,
    recovery_digest,
)
from auth_service.domain.sessions import Assurance, Client, is_living, proven
from auth_service.errors import SessionNotFound, TotpCodeInvalid, TotpEnrolled, TotpNotEnrolled, UserNotFound
from auth_service.ports import AttemptLimiter, OneTimeCodes, UnitOfWork, Vault, Work
from auth_service.use_cases.acting import AUTH, person
from auth_service.use_cases.admitting import admit
from auth_service.use_cases.auditing import entry, refusals_audited
from auth_service.use_cases.codes import CodeCheck
from auth_service.use_cases.ending import end_sessions
from auth_service.use_cases.freshness import require_fresh
from servicekit.caller import Caller, acting_as
from servicekit.clock import Clock
from servicekit.ids import new_id


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the app needs: the secret to type, or the same as an address to show as a QR code."""

    secret: str
    uri: str


class SecondFactorKeeper:
    """Each change needs a fresh session, is told by mail, and is written down."""

    def __init__(
        self, unit_of_work: UnitOfWork, codes: OneTimeCodes, vault: Vault, attempts: AttemptLimiter, clock: Clock
    ) -> None:
        self._unit_of_work = unit_of_work
        self._codes = codes
        self._vault = vault
        self._check = CodeCheck(codes, vault, clock)
        self._attempts = attempts
        self._clock = clock

    async def create(self, client: Client) -> Enrolment:
        """Begin; a repeat begins anew with another secret.

        Raises TotpEnrolled, FreshSignInNeeded, TooManyAttempts, UserNotFound, Unauthenticated, PersonNeeded.
        """
        caller, now = person(), self._clock()
        await admit(self._attempts, recorded_budgets(caller.id))
        attempt = entry(AuditAction.TOTP_CREATED, now, client, actor=caller.id, subject=caller.id)
        secret = self._codes.new_secret()
        with acting_as(AUTH):
            async with refusals_audited(self._unit_of_work, attempt), self._unit_of_work() as work:
                account, totp = await _held(work, caller)
                if is_on(totp):
                    raise TotpEnrolled
                await require_fresh(work, caller, now)
                sealed = self._vault.seal(secret, caller.id)
                await work.second_factors.save_totp(enrol(caller.id, sealed, now))
                await work.audit.record(attempt)
        return Enrolment(secret, self._codes.uri(secret, account.email))

    async def confirm(self, code: str, client: Client) -> list[str]:
        """Complete with the app's first code. Answers the recovery codes, once.

        The session counts as proven by both factors; the account's others, which a password alone opened, end.

        Raises TotpEnrolled, TotpNotEnrolled, TotpCodeInvalid, TooManyAttempts, UserNotFound, SessionNotFound, Unauthenticated,
        PersonNeeded.
        """
        caller, now = person(), self._clock()
        attempt = entry(AuditAction.TOTP_CONFIRMED, now, client, actor=caller.id, subject=caller.id)
        budgets = code_budgets(caller.id, client.address)
        await admit(self._attempts, budgets)
        recovery = [new_recovery_code() for _ in range(RECOVERY_CODES)]
        with acting_as(AUTH):
            async with refusals_audited(self._unit_of_work, attempt), self._unit_of_work() as work:
                account, totp = await _held(work, caller)
                await self._confirmed(work, totp, code, now)
                digests = [recovery_digest(caller.id, each) for each in recovery]
                await work.second_factors.replace_recovery_codes(caller.id, digests)
                await _prove_session(work, caller, now)
                await end_sessions(work, account.id, now, sparing=caller.session_id)
                await work.mails.add(new_mail(new_id(), account.id, MailKind.TOTP_ENABLED, account.email, now))
                await work.audit.record(attempt)
            await self._attempts.forgive(budgets)
        return recovery

    async def delete(self, client: Client) -> None:
        """Give the app up, its recovery codes with it.

        Raises TotpNotEnrolled, FreshSignInNeeded, TooManyAttempts, UserNotFound, Unauthenticated, PersonNeeded.
        """
        caller, now = person(), self._clock()
        await admit(self._attempts, recorded_budgets(caller.id))
        attempt = entry(AuditAction.TOTP_DELETED, now, client, actor=caller.id, subject=caller.id)
        with acting_as(AUTH):
            async with refusals_audited(self._unit_of_work, attempt), self._unit_of_work() as work:
                account, totp = await _held(work, caller)
                if not is_on(totp):
                    raise TotpNotEnrolled
                await require_fresh(work, caller, now)
                await work.second_factors.remove(caller.id)
                await work.mails.add(new_mail(new_id(), account.id, MailKind.TOTP_DISABLED, account.email, now))
                await work.audit.record(attempt)

    async def _confirmed(self, work: Work, totp: Totp | None, code: str, now: datetime) -> None:
        if is_on(totp):
            raise TotpEnrolled
        if totp is None or not awaits_first_code(totp, now):
            raise TotpNotEnrolled
        spent = await self._check.spend_digits(work, totp, code)
        if spent is None:
            raise TotpCodeInvalid(fields={"code": "is not what the app shows now"})
        await work.second_factors.save_totp(replace(spent, confirm_time=now))


async def _held(work: Work, caller: Caller) -> tuple[Account, Totp | None]:
    account = await work.accounts.get(caller.id)
    if account is None:
        raise UserNotFound(user=caller.id)
    return account, await work.second_factors.totp(caller.id)


async def _prove_session(work: Work, caller: Caller, now: datetime) -> None:
    session = await work.sessions.get(caller.session_id)
    if session is None or not is_living(session, now):
        raise SessionNotFound(session=caller.session_id)
    await work.sessions.save(proven(session, Assurance.TWO_FACTORS, now))
