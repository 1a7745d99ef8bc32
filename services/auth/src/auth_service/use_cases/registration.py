"""Asking for an account and confirming its address, telling nobody whether the address was known."""

from auth_service.domain.accounts import MailKind, Registration, confirm
from auth_service.domain.attempts import anonymous_budgets
from auth_service.domain.audit import AuditAction, shown_address
from auth_service.domain.identity import normalise_display_name, normalise_email
from auth_service.domain.mail_requests import MailRequest
from auth_service.domain.mails import new_mail
from auth_service.domain.passwords import own_words
from auth_service.domain.registrations import PendingRegistration
from auth_service.domain.secrets import TokenPurpose
from auth_service.domain.sessions import UNKNOWN_CLIENT, Client
from auth_service.errors import VerificationTokenInvalid
from auth_service.ports import AttemptLimiter, Passwords, RegistrationReader, UnitOfWork
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.admitting import admit
from auth_service.use_cases.auditing import entry
from auth_service.use_cases.choosing import hash_of_chosen
from auth_service.use_cases.mail_requests import ask_for_mail
from auth_service.use_cases.opening import holder_or_opened
from servicekit.caller import acting_as
from servicekit.clock import Clock
from servicekit.ids import new_id


class Registrations:
    """Register, verify, resend."""

    def __init__(
        self,
        registrations: RegistrationReader,
        unit_of_work: UnitOfWork,
        passwords: Passwords,
        attempts: AttemptLimiter,
        clock: Clock,
    ) -> None:
        self._registrations = registrations
        self._unit_of_work = unit_of_work
        self._passwords = passwords
        self._attempts = attempts
        self._clock = clock

    async def register(
        self, email: str, password: str, display_name: str, request_id: str | None, client: Client
    ) -> None:
        """Take the registration down, the same for every address; the worker decides which mail goes out.

        A repeat under the same `request_id` changes nothing.

        Raises EmailInvalid, DisplayNameInvalid, TooManyAttempts, PasswordTooCommon, PasswordChecksBusy.
        """
        address, name = normalise_email(email), normalise_display_name(display_name)
        await admit(self._attempts, anonymous_budgets(client.address))
        with acting_as(AUTH):
            like = await self._registrations.salted(address)
        hashed = await hash_of_chosen(self._passwords, password, own_words(address, name), "password", like)
        wish, now = Registration(address, name, hashed, request_id), self._clock()
        registration = PendingRegistration(new_id(), wish, shown_address(client.address), now)
        with acting_as(AUTH):
            async with self._unit_of_work() as work:
                if await work.registrations.add(registration):
                    request = MailRequest(new_id(), MailKind.VERIFY_EMAIL, address, now, registration.id)
                    await work.mail_requests.add(request)

    async def verify(self, token: str, client: Client = UNKNOWN_CLIENT) -> None:
        """Open the account of the registration a token was mailed for, with its password; a repeat changes nothing.

        A letter then says whose password that is: somebody else may have registered the address of whoever confirmed it.

        Raises VerificationTokenInvalid.
        """
        now = self._clock()
        with acting_as(AUTH):
            async with self._unit_of_work() as work:
                account = await holder_or_opened(work, token, TokenPurpose.VERIFY_EMAIL, now)
                if account is None:
                    raise VerificationTokenInvalid(
                        fields={"token": "is unknown, older than 24 hours, or for an address that has an account"}
                    )
                if account.verify_time is None:
                    await work.audit.record(entry(AuditAction.EMAIL_VERIFIED, now, client, subject=account.id))
                    await work.accounts.save(confirm(account, now))
                    opened = new_mail(new_id(), account.id, MailKind.ACCOUNT_OPENED, account.email, now)
                    await work.mails.add(opened)

    async def resend(self, email: str, client: Client) -> None:
        """Mail another verification token, at most one a minute and five an hour; a reset token while several wait.

        Raises EmailInvalid, TooManyAttempts.
        """
        address, now = normalise_email(email), self._clock()
        await admit(self._attempts, anonymous_budgets(client.address))
        await ask_for_mail(self._unit_of_work, MailKind.VERIFY_EMAIL, address, now)
