"""Opening an account and confirming its address, telling nobody whether the address was known."""

from dataclasses import replace
from datetime import datetime

from auth_service.domain.accounts import (
    Account,
    Mailed,
    MailKind,
    Registration,
    confirm,
    open_account,
    register_again,
)
from auth_service.domain.attempts import anonymous_budgets
from auth_service.domain.audit import AuditAction
from auth_service.domain.events import UserRegistered
from auth_service.domain.identity import normalise_display_name, normalise_email
from auth_service.domain.mails import new_mail
from auth_service.domain.passwords import own_words
from auth_service.domain.secrets import TokenPurpose
from auth_service.domain.sessions import UNKNOWN_CLIENT, Client
from auth_service.errors import EmailTaken, VerificationTokenInvalid
from auth_service.ports import AttemptLimiter, Passwords, UnitOfWork, Work
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.admitting import admit
from auth_service.use_cases.auditing import entry
from auth_service.use_cases.choosing import hash_of_chosen
from auth_service.use_cases.mail_requests import ask_for_mail, verifications_lately
from auth_service.use_cases.redeeming import holder
from servicekit.caller import acting_as
from servicekit.clock import Clock
from servicekit.ids import new_id


class Registrations:
    """Register, verify, resend."""

    def __init__(self, unit_of_work: UnitOfWork, passwords: Passwords, attempts: AttemptLimiter, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._passwords = passwords
        self._attempts = attempts
        self._clock = clock

    async def register(
        self, email: str, password: str, display_name: str, request_id: str | None, client: Client
    ) -> None:
        """Open an account, or do what its address's account calls for; the hashing, most of the work, is always done.

        Raises EmailInvalid, DisplayNameInvalid, TooManyAttempts, PasswordTooCommon, PasswordChecksBusy.
        """
        address, name = normalise_email(email), normalise_display_name(display_name)
        await admit(self._attempts, anonymous_budgets(client.address))
        hashed = await hash_of_chosen(self._passwords, password, own_words(address, name), "password")
        registration = Registration(address, name, hashed, request_id)
        now = self._clock()
        with acting_as(AUTH):
            async with self._unit_of_work() as work:
                account = open_account(new_id(), registration, now)
                if await work.accounts.add(account):
                    await work.publish(UserRegistered(account.id, account.display_name, now))
                    await work.audit.record(entry(AuditAction.ACCOUNT_REGISTERED, now, client, subject=account.id))
                    await _mail(work, account, MailKind.VERIFY_EMAIL, now)
                else:
                    await self._register_again(work, registration, client, now)

    async def verify(self, token: str, client: Client = UNKNOWN_CLIENT) -> None:
        """Confirm the address a token was mailed to; a repeat changes nothing. Raises VerificationTokenInvalid."""
        now = self._clock()
        with acting_as(AUTH):
            async with self._unit_of_work() as work:
                account = await holder(work, token, TokenPurpose.VERIFY_EMAIL, now)
                if account is None:
                    raise VerificationTokenInvalid(fields={"token": "is unknown, replaced, or older than 24 hours"})
                if account.verify_time is None:
                    await work.audit.record(entry(AuditAction.EMAIL_VERIFIED, now, client, subject=account.id))
                await work.accounts.save(confirm(account, now))

    async def resend(self, email: str, client: Client) -> None:
        """Mail another verification token, at most one a minute and five an hour. Raises EmailInvalid, TooManyAttempts."""
        address, now = normalise_email(email), self._clock()
        await admit(self._attempts, anonymous_budgets(client.address))
        await ask_for_mail(self._unit_of_work, MailKind.VERIFY_EMAIL, address, now)

    async def _register_again(self, work: Work, registration: Registration, client: Client, now: datetime) -> None:
        account = await work.accounts.by_email(registration.email)
        # None: erased between the two statements. Answering as always is right, the person can register again.
        if account is None:
            return
        # Also so that it takes as long as opening an account: something is always written.
        again = entry(AuditAction.ACCOUNT_REGISTERED, now, client, subject=account.id)
        await work.audit.record(replace(again, outcome=EmailTaken.reason))
        outcome = register_again(account, registration, await verifications_lately(work, account, now), now)
        if isinstance(outcome, Mailed):
            if outcome.mail is MailKind.VERIFY_EMAIL:
                # A token mailed for an earlier registration must not confirm this one's password.
                await work.mailed_tokens.remove(outcome.account.id)
            await work.accounts.save(outcome.account)
            await _mail(work, outcome.account, outcome.mail, now)


async def _mail(work: Work, account: Account, kind: MailKind, now: datetime) -> None:
    await work.mails.add(new_mail(new_id(), account.id, kind, account.email, now))
