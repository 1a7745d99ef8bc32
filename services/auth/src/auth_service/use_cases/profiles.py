"""What people see of accounts."""

from auth_service.domain.accounts import Account
from auth_service.errors import UserNotFound
from auth_service.ports import AccountReader
from servicekit.caller import current_caller


class Profiles:
    """Reads profiles as the caller, so that row-level security is the second wall."""

    def __init__(self, accounts: AccountReader) -> None:
        self._accounts = accounts

    async def me(self) -> Account:
        """The caller's own account. Raises Unauthenticated; UserNotFound when it was erased since the token was made."""
        caller = current_caller()
        if account := await self._accounts.get(caller.id):
            return account
        raise UserNotFound(user=caller.id)
