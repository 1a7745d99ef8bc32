"""What admins do with accounts; that the caller is one is declared in the contract and checked before."""

from collections.abc import Sequence

from auth_service.domain.accounts import Account
from auth_service.domain.administration import AccountChange, administer, ends_sessions
from auth_service.errors import UserNotFound
from auth_service.ports import AccountReader, UnitOfWork
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.ending import end_sessions
from servicekit.caller import Role, acting_as
from servicekit.clock import Clock


class Administration:
    """Find accounts, give roles, suspend."""

    def __init__(self, accounts: AccountReader, unit_of_work: UnitOfWork, clock: Clock) -> None:
        self._accounts = accounts
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def search(self, query: str, role: Role | None, before: str | None, limit: int) -> Sequence[Account]:
        """At most `limit` accounts opened before the one called `before`, the newest first, with `query` in address or name."""
        with acting_as(AUTH):
            return await self._accounts.search(query, role, before, limit)

    async def change(self, user_id: str, change: AccountChange) -> Account:
        """Give a role, suspend, reinstate; tokens that say otherwise stop working. Raises UserNotFound, LastAdmin."""
        now = self._clock()
        with acting_as(AUTH):
            async with self._unit_of_work() as work:
                # All of them held, so that two admins cannot depose each other at once.
                admins = await work.accounts.acting_admins()
                account = await work.accounts.get(user_id)
                if account is None:
                    raise UserNotFound(user=user_id)
                changed = administer(account, change, admins, now)
                await work.accounts.save(changed)
                if ends_sessions(account, changed):
                    await end_sessions(work, account.id, now)
        return changed
