"""Proving again that one is the person whose account it is."""

from auth_service.domain.accounts import Account
from auth_service.domain.attempts import change_allowance, change_budgets
from auth_service.domain.sessions import Client
from auth_service.errors import CurrentPasswordWrong, UserNotFound
from auth_service.ports import AccountReader, AttemptLimiter, Passwords
from auth_service.use_cases.admitting import admit, matches


class PasswordProof:
    """By the password in force; wrong ones are counted, and block no sign-in."""

    def __init__(self, accounts: AccountReader, passwords: Passwords, attempts: AttemptLimiter) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._attempts = attempts

    async def by_password(self, account_id: str, password: str, client: Client, field: str) -> Account:
        """The account, as it was when its password was compared.

        Raises CurrentPasswordWrong, naming `field`, UserNotFound, TooManyAttempts, PasswordChecksBusy.
        """
        account = await self._accounts.get(account_id)
        if account is None:
            raise UserNotFound(user=account_id)
        budgets = change_budgets(account.id, client.address)
        counted = (*budgets, change_allowance(account.id))
        await admit(self._attempts, counted)
        if not await matches(self._passwords, self._attempts, counted, password, account.password_hash):
            raise CurrentPasswordWrong(fields={field: "is not your password"})
        await self._attempts.forgive(budgets)
        return account
