"""A registration becomes an account: whoever reads the address's mail has confirmed it."""

from datetime import datetime

from auth_service.domain.accounts import Account
from auth_service.domain.events import UserRegistered
from auth_service.domain.registrations import account_of
from auth_service.domain.secrets import TokenPurpose
from auth_service.ports import Work
from auth_service.use_cases.redeeming import holder, registration_of


async def holder_or_opened(work: Work, token: str, purpose: TokenPurpose, now: datetime) -> Account | None:
    """Whose the token is, held: an account's, or that which its registration becomes now, still to be confirmed.

    None, and then nothing of this unit of work may be kept, when the token is good for nothing (any more).
    """
    return await _opened(work, token, purpose, now) or await holder(work, token, purpose, now)


async def _opened(work: Work, token: str, purpose: TokenPurpose, now: datetime) -> Account | None:
    registration = await registration_of(work, token, purpose, now)
    if registration is None:
        return None
    account = account_of(registration, now)
    other = await work.accounts.by_email(account.email)
    if other and other.verify_time is None:
        # Opened by an earlier version and never confirmed: nobody could use it, so no other service holds anything of it.
        await work.accounts.remove_unconfirmed(other.id)
    if not await work.accounts.add(account):
        return None
    await work.registrations.become_account(registration.id)
    await work.publish(UserRegistered(account.id, account.display_name, now))
    return account
