"""What people see of accounts, and change about their own."""

from collections.abc import Sequence

from auth_service.domain.accounts import Account
from auth_service.domain.profiles import ProfileChange, with_profile
from auth_service.errors import UserNotFound
from auth_service.ports import AccountReader, UnitOfWork
from auth_service.use_cases.acting import AUTH, person
from servicekit.caller import acting_as

_MOST_KNOWN = 100


class Profiles:
    """Reads and writes the caller's own as the caller, so that row-level security is the second wall."""

    def __init__(self, accounts: AccountReader, unit_of_work: UnitOfWork) -> None:
        self._accounts = accounts
        self._unit_of_work = unit_of_work

    async def me(self) -> Account:
        """The caller's own account. Raises Unauthenticated, PersonNeeded, and UserNotFound when it was erased meanwhile."""
        caller = person()
        if account := await self._accounts.get(caller.id):
            return account
        raise UserNotFound(user=caller.id)

    async def change(self, change: ProfileChange) -> Account:
        """Change the caller's own. Raises as `me`, and DisplayNameInvalid."""
        caller = person()
        async with self._unit_of_work() as work:
            account = await work.accounts.get(caller.id)
            if account is None:
                raise UserNotFound(user=caller.id)
            changed = with_profile(account, change)
            await work.accounts.save(changed)
        return changed

    async def known(self, ids: Sequence[str], names: Sequence[str]) -> Sequence[Account]:
        """Confirmed accounts by id or name, of which anybody may see the public part."""
        with acting_as(AUTH):
            return await self._accounts.known(ids, [name.lower() for name in names], _MOST_KNOWN)

    async def of(self, user_id: str) -> Account:
        """Anybody's account, of which the caller may see the public part. Raises UserNotFound.

        One whose address was never confirmed is nobody's yet.
        """
        with acting_as(AUTH):
            account = await self._accounts.get(user_id)
        if account is None or account.verify_time is None:
            raise UserNotFound(user=user_id)
        return account
