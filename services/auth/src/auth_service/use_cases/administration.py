"""What admins do with accounts; that the caller is one is declared in the contract and checked before."""

from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack

from auth_service.domain.accounts import Account
from auth_service.domain.administration import AccountChange, administer, ends_sessions, suspends
from auth_service.domain.audit import AuditAction
from auth_service.domain.sessions import UNKNOWN_CLIENT, Client
from auth_service.errors import UserNotFound
from auth_service.ports import AccountReader, UnitOfWork, Work
from auth_service.use_cases.acting import AUTH, person
from auth_service.use_cases.auditing import entry, refusals_audited
from auth_service.use_cases.ending import end_sessions, lock_out
from auth_service.use_cases.freshness import require_fresh
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

    async def change(self, user_id: str, change: AccountChange, client: Client = UNKNOWN_CLIENT) -> Account:
        """Give a role, suspend, reinstate; tokens that say otherwise stop working.

        Raises UserNotFound, LastAdmin, FreshSignInNeeded, Unauthenticated, PersonNeeded.
        """
        admin, asked_at = person(), self._clock()
        attempts = [entry(action, asked_at, client, actor=admin.id, subject=user_id) for action in _actions(change)]
        with acting_as(AUTH):
            async with AsyncExitStack() as refusals:
                for attempt in attempts:
                    await refusals.enter_async_context(refusals_audited(self._unit_of_work, attempt))
                async with self._unit_of_work() as work:
                    # All of them held, so that two admins cannot depose each other at once.
                    admins = await work.accounts.acting_admins()
                    account, now = await _held(work, user_id), self._clock()
                    await require_fresh(work, admin, now)
                    changed = administer(account, change, admins, now)
                    await work.accounts.save(changed)
                    if suspends(account, changed):
                        await lock_out(work, account.id, now)
                    elif ends_sessions(account, changed):
                        await end_sessions(work, account.id, now)
                    for attempt in attempts:
                        await work.audit.record(attempt)
        return changed


async def _held(work: Work, user_id: str) -> Account:
    if account := await work.accounts.get(user_id):
        return account
    raise UserNotFound(user=user_id)


def _actions(change: AccountChange) -> Iterator[AuditAction]:
    if change.role is not None:
        yield AuditAction.ROLE_CHANGED
    if change.suspended is not None:
        yield AuditAction.SUSPENDED if change.suspended else AuditAction.REINSTATED
