"""What people see of accounts."""

from auth_service.domain.accounts import Account
from auth_service.errors import UserNotFound
from auth_service.ports import AccountReader
from auth_service.use_cases.acting import person


class Profiles:
    """Reads profiles as the caller, so that row-level security is the second wall."""

    def __init__(self, accounts: AccountReader) -> None:
        self._accounts = accounts

    async def me(self) -> Account:
        """The caller's own account. Raises Unauthenticated, PersonNeeded, and UserNotFound when it was erased meanwhile."""
        caller = person()
        if account := await self._accounts.get(caller.id):
            return account
        raise UserNotFound(user=caller.id)
