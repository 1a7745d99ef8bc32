"""What admins may change about accounts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from auth_service.domain.accounts import Account
from auth_service.errors import LastAdmin
from servicekit.caller import Role


@dataclass(frozen=True, slots=True)
class AccountChange:
    """New values; None leaves what there is."""

    role: Role | None = None
    suspended: bool | None = None


def administer(account: Account, change: AccountChange, admins: Sequence[Account], now: datetime) -> Account:
    """The changed account. `admins` are all who can act as one. Raises LastAdmin when nobody would be left."""
    suspend_time = account.suspend_time
    if change.suspended is not None:
        suspend_time = (suspend_time or now) if change.suspended else None
    changed = replace(account, role=change.role or account.role, suspend_time=suspend_time)
    if is_acting_admin(account) and not is_acting_admin(changed) and all(each.id == account.id for each in admins):
        raise LastAdmin
    return changed


def is_acting_admin(account: Account) -> bool:
    """Whether the account can administer others: whose address is not confirmed cannot even sign in."""
    return account.role is Role.ADMIN and account.suspend_time is None and account.verify_time is not None


def ends_sessions(before: Account, after: Account) -> bool:
    """Whether tokens given out before say what is not true any more: a role, or that the account may sign in."""
    return before.role is not after.role or suspends(before, after)


def suspends(before: Account, after: Account) -> bool:
    """Whether the account may not sign in any more."""
    return before.suspend_time is None and after.suspend_time is not None
