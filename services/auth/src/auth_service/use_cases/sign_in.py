"""Opening a session with an address and a password."""

from datetime import timedelta

from auth_service.domain.access_tokens import Tokens
from auth_service.domain.accounts import Account, seen
from auth_service.domain.attempts import Budget, sign_in_budgets
from auth_service.domain.identity import normalise_email
from auth_service.domain.secrets import new_secret
from auth_service.domain.sessions import Client, open_session
from auth_service.errors import CredentialsInvalid, EmailNotVerified, TooManyAttempts
from auth_service.ports import AccountReader, AttemptLimiter, Passwords, UnitOfWork
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.issuing import TokenIssuer
from servicekit.caller import acting_as
from servicekit.clock import Clock
from servicekit.ids import new_id


class SignIn:
    """Signs people in, as slowly for a stranger as for a friend."""

    def __init__(
        self,
        accounts: AccountReader,
        unit_of_work: UnitOfWork,
        passwords: Passwords,
        attempts: AttemptLimiter,
        issuer: TokenIssuer,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._unit_of_work = unit_of_work
        self._passwords = passwords
        self._attempts = attempts
        self._issuer = issuer
        self._clock = clock

    async def sign_in(self, email: str, password: str, client: Client) -> Tokens:
        """Open a session.

        Raises EmailInvalid, TooManyAttempts, PasswordChecksBusy, CredentialsInvalid for an unknown address or a wrong
        password, and EmailNotVerified only with the right password.
        """
        address = normalise_email(email)
        budgets = sign_in_budgets(address, client.address)
        # Counted before the password is looked at, so that parallel guesses cannot outrun the count.
        if wait := await self._attempts.reserve(budgets):
            raise TooManyAttempts(retry_after=wait, seconds=_seconds(wait))
        with acting_as(AUTH):
            account = await self._authenticated(address, password, budgets)
            return await self._open_session(account, client)

    async def _authenticated(self, address: str, password: str, budgets: tuple[Budget, ...]) -> Account:
        account = await self._accounts.by_email(address)
        matches = await self._passwords.matches(password, account.password_hash if account else None)
        if account is None or not matches:
            raise CredentialsInvalid
        await self._attempts.forgive(*budgets)
        if account.verify_time is None:
            raise EmailNotVerified
        return account

    async def _open_session(self, account: Account, client: Client) -> Tokens:
        now = self._clock()
        session = open_session(new_id(), account.id, client.user_agent, now)
        async with self._unit_of_work() as work:
            current = await work.accounts.get(account.id)
            if current is None or current.password_hash != account.password_hash:
                raise CredentialsInvalid  # erased, or its password changed, while this one was checked
            await work.accounts.save(seen(current, now))
            await work.sessions.add(session)
            return await self._issuer.issue(work, current, session, new_secret(), now)


def _seconds(wait: timedelta) -> str:
    return str(max(1, round(wait.total_seconds())))
