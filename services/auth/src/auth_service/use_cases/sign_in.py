"""Opening a session with an address and a password."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from auth_service.domain.access_tokens import Tokens
from auth_service.domain.accounts import Account, seen, with_password
from auth_service.domain.attempts import Budget, sign_in_allowance, sign_in_budgets
from auth_service.domain.audit import MFA_NEEDED, AuditAction
from auth_service.domain.identity import normalise_email
from auth_service.domain.second_factors import MfaDemand, challenge, is_on
from auth_service.domain.secrets import new_secret
from auth_service.domain.sessions import Client, open_session
from auth_service.errors import AccountSuspended, CredentialsInvalid, EmailNotVerified, PasswordChecksBusy
from auth_service.ports import AccountReader, AttemptLimiter, Passwords, RegistrationReader, UnitOfWork, Work
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.admitting import admit, matches
from auth_service.use_cases.auditing import entry, refusals_audited
from auth_service.use_cases.ending import end_surplus
from auth_service.use_cases.erasure import cancel_erasure
from auth_service.use_cases.issuing import TokenIssuer
from servicekit.caller import acting_as
from servicekit.clock import Clock
from servicekit.ids import new_id

_MOST_CHECKS = 2
"""Another sign-in of the same person may have hashed the password anew meanwhile; nobody does so twice."""


class SignIn:
    """Signs people in, as slowly for a stranger as for a friend."""

    def __init__(
        self,
        accounts: AccountReader,
        registrations: RegistrationReader,
        unit_of_work: UnitOfWork,
        passwords: Passwords,
        attempts: AttemptLimiter,
        issuer: TokenIssuer,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._registrations = registrations
        self._unit_of_work = unit_of_work
        self._passwords = passwords
        self._attempts = attempts
        self._issuer = issuer
        self._clock = clock

    async def sign_in(self, email: str, password: str, client: Client) -> Tokens | MfaDemand:
        """Open a session; an erasure that was asked for and not yet begun is cancelled by it.

        When the account has a second factor, demand its code instead, see MfaSignIn.

        Raises EmailInvalid, TooManyAttempts, PasswordChecksBusy, CredentialsInvalid for an unknown address or a wrong
        password, AccountSuspended only with the right password, EmailNotVerified with that of a registration which waits.
        """
        address = normalise_email(email)
        budgets, allowance = sign_in_budgets(address, client.address), sign_in_allowance(address, client.address)
        with acting_as(AUTH):
            for _ in range(_MOST_CHECKS):
                # Counted before the password is looked at, each time, so that parallel guesses cannot outrun the count.
                await admit(self._attempts, (*budgets, allowance))
                account = await self._authenticated(address, password, budgets, allowance, client)
                renewed = await self._rehashed(account, password)
                if outcome := await self._let_in(account, renewed, client):
                    return outcome
        raise CredentialsInvalid

    async def _authenticated(
        self, address: str, password: str, budgets: tuple[Budget, ...], allowance: Budget, client: Client
    ) -> Account:
        account = await self._accounts.by_email(address)
        subject = account.id if account else ""
        attempt = entry(AuditAction.SESSION_OPENED, self._clock(), client, subject=subject)
        # For strangers' addresses too, which take as long by it.
        async with refusals_audited(self._unit_of_work, attempt):
            stored = account.password_hash if account else None
            good = await matches(self._passwords, self._attempts, (*budgets, allowance), password, stored)
            if account is None or not good:
                await self._check_waiting(address, password)
                raise CredentialsInvalid
            await self._attempts.forgive(budgets)
            _check_open(account)
        return account

    async def _check_waiting(self, address: str, password: str) -> None:
        """Raises EmailNotVerified for the password of any registration of the address that nobody confirmed.

        Whether or not the address has an account, and whatever others do with it: who registered it learns no more by signing in
        than by registering. Nothing is forgiven for it, or he could guess its owner's password for ever.
        """
        claimed = await self._passwords.again(password, await self._registrations.salted(address))
        if await self._registrations.waits(address, claimed):
            raise EmailNotVerified

    async def _rehashed(self, account: Account, password: str) -> str:
        """The hash to keep: a new one when hashing has become more costly since the password was set, and there is room."""
        if self._passwords.needs_rehash(account.password_hash):
            with suppress(PasswordChecksBusy):
                return await self._passwords.hash(password)
        return account.password_hash

    async def _let_in(self, account: Account, renewed: str, client: Client) -> Tokens | MfaDemand | None:
        """None when the account was erased or suspended, or its password set or hashed anew, while this one was checked."""
        now = self._clock()
        async with self._unit_of_work() as work:
            current = await work.accounts.get(account.id)
            if current is None or current.password_hash != account.password_hash or current.suspend_time:
                return None
            kept = with_password(current, renewed)
            if is_on(await work.second_factors.totp(account.id)):
                await work.accounts.save(kept)
                return await self._demand(work, kept, client, now)
            return await self._open_session(work, seen(kept, now), client, now)

    async def _open_session(self, work: Work, account: Account, client: Client, now: datetime) -> Tokens:
        session = open_session(new_id(), account.id, client.user_agent, now)
        await work.accounts.save(account)
        cancelled = await cancel_erasure(work, account, client, now)
        await work.sessions.add(session)
        await end_surplus(work, account.id, now)
        opened = entry(AuditAction.SESSION_OPENED, now, client, actor=account.id, subject=account.id)
        await work.audit.record(opened)
        tokens = await self._issuer.issue(work, account, session, new_secret(), now)
        return replace(tokens, erasure_cancelled=cancelled)

    async def _demand(self, work: Work, account: Account, client: Client, now: datetime) -> MfaDemand:
        secret = new_secret()
        await work.second_factors.add_challenge(challenge(secret, account.id, now))
        halfway = entry(AuditAction.SESSION_OPENED, now, client, subject=account.id)
        await work.audit.record(replace(halfway, outcome=MFA_NEEDED))
        return MfaDemand(secret)


def _check_open(account: Account) -> None:
    """Raises EmailNotVerified, AccountSuspended."""
    if account.verify_time is None:
        raise EmailNotVerified
    if account.suspend_time:
        raise AccountSuspended
