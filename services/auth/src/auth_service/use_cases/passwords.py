"""Forgetting a password, and replacing it: by a mailed token, or by the one in force."""

from datetime import datetime
from typing import NoReturn

from auth_service.domain.accounts import Account, MailKind, confirm, with_password
from auth_service.domain.attempts import anonymous_budgets, reset_budgets
from auth_service.domain.audit import AuditAction
from auth_service.domain.identity import normalise_email
from auth_service.domain.mails import new_mail
from auth_service.domain.passwords import own_words
from auth_service.domain.second_factors import is_on
from auth_service.domain.secrets import TokenPurpose
from auth_service.domain.sessions import Client
from auth_service.errors import CurrentPasswordWrong, ResetTokenInvalid
from auth_service.ports import AccountReader, AttemptLimiter, Passwords, UnitOfWork, Work
from auth_service.use_cases.acting import AUTH, person
from auth_service.use_cases.admitting import admit
from auth_service.use_cases.auditing import entry, refusals_audited
from auth_service.use_cases.choosing import hash_of_chosen
from auth_service.use_cases.ending import lock_out
from auth_service.use_cases.freshness import require_fresh
from auth_service.use_cases.mail_requests import ask_for_mail
from auth_service.use_cases.opening import holder_or_opened
from auth_service.use_cases.proving import PasswordProof
from auth_service.use_cases.redeeming import holder, registration_of
from servicekit.caller import acting_as
from servicekit.clock import Clock
from servicekit.ids import new_id

_FIELD = "newPassword"


class PasswordKeeper:
    """Forgot, reset, change.

    Each new password ends sessions, closes the calendar feed, makes mailed tokens and links to archives worthless, and is
    told by mail.
    """

    def __init__(
        self,
        accounts: AccountReader,
        unit_of_work: UnitOfWork,
        passwords: Passwords,
        attempts: AttemptLimiter,
        clock: Clock,
    ) -> None:
        self._proof = PasswordProof(accounts, passwords, attempts)
        self._unit_of_work = unit_of_work
        self._passwords = passwords
        self._attempts = attempts
        self._clock = clock

    async def forgot(self, email: str, client: Client) -> None:
        """Mail a reset token, at most one a minute, to the address if it has an account or a registration that waits.

        Raises EmailInvalid, TooManyAttempts.
        """
        address, now = normalise_email(email), self._clock()
        await admit(self._attempts, anonymous_budgets(client.address))
        await ask_for_mail(self._unit_of_work, MailKind.RESET_PASSWORD, address, now)

    async def reset(self, token: str, password: str, client: Client) -> None:
        """Set the password, confirm the address the token came to, end every session, and forgive failed sign-ins.

        A registration becomes an account by it, so that a stranger's password for it never comes into force.

        Forgiven are those from the client's network, and as many from everywhere as an account may have.

        Raises TooManyAttempts, ResetTokenInvalid, PasswordTooCommon, PasswordChecksBusy.
        """
        await admit(self._attempts, anonymous_budgets(client.address))
        with acting_as(AUTH):
            words = await self._words(token)
            hashed = await hash_of_chosen(self._passwords, password, words, _FIELD)
            async with self._unit_of_work() as work:
                # Asked again: hashing took a while, and of two who present the token at once only one may use it.
                asked_at = self._clock()
                current = await holder_or_opened(work, token, TokenPurpose.RESET_PASSWORD, asked_at) or _refuse()
                now = self._clock()
                await _replace(work, confirm(with_password(current, hashed), now), now)
                await work.audit.record(entry(AuditAction.PASSWORD_RESET, now, client, subject=current.id))
        await self._attempts.forgive(reset_budgets(current.email, client.address))

    async def change(self, current: str, password: str, client: Client) -> None:
        """Set the password and end the caller's other sessions; wrong ones are counted, and block no sign-in.

        With a one-time-code app the session must be fresh as well.

        Raises CurrentPasswordWrong, PasswordTooCommon, TooManyAttempts, PasswordChecksBusy, FreshSignInNeeded,
        Unauthenticated, PersonNeeded.
        """
        caller = person()
        attempt = entry(AuditAction.PASSWORD_CHANGED, self._clock(), client, actor=caller.id, subject=caller.id)
        with acting_as(AUTH):
            async with refusals_audited(self._unit_of_work, attempt):
                account = await self._proof.by_password(caller.id, current, client, "currentPassword")
                words = own_words(account.email, account.display_name)
                hashed = await hash_of_chosen(self._passwords, password, words, _FIELD)
                async with self._unit_of_work() as work:
                    held, now = await work.accounts.get(caller.id), self._clock()
                    if held is None or held.password_hash != account.password_hash:
                        raise CurrentPasswordWrong  # it was changed by somebody else meanwhile
                    if is_on(await work.second_factors.totp(caller.id)):
                        await require_fresh(work, caller, now)
                    await _replace(work, with_password(held, hashed), now, sparing=caller.session_id)
                    await work.audit.record(attempt)

    async def _words(self, token: str) -> tuple[str, ...]:
        """What a password of the token's holder must not be made of; only looked at, nothing is opened yet."""
        async with self._unit_of_work() as work:
            now, purpose = self._clock(), TokenPurpose.RESET_PASSWORD
            if registration := await registration_of(work, token, purpose, now):
                return own_words(registration.wish.email, registration.wish.display_name)
            account = await holder(work, token, purpose, now) or _refuse()
            return own_words(account.email, account.display_name)


def _refuse() -> NoReturn:
    """Raises ResetTokenInvalid."""
    raise ResetTokenInvalid(fields={"token": "is unknown, used, or older than an hour"})


async def _replace(work: Work, account: Account, now: datetime, sparing: str = "") -> None:
    await work.accounts.save(account)
    await work.mailed_tokens.remove(account.id)
    await work.second_factors.remove_challenges(account.id)
    await lock_out(work, account.id, now, sparing)
    await work.mails.add(new_mail(new_id(), account.id, MailKind.PASSWORD_CHANGED, account.email, now))
