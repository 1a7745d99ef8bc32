"""Whose a mailed token is."""

from datetime import datetime

from auth_service.domain.accounts import Account
from auth_service.domain.registrations import PendingRegistration
from auth_service.domain.secrets import TokenPurpose, digest, is_usable
from auth_service.ports import Work


async def holder(work: Work, secret: str, purpose: TokenPurpose, now: datetime) -> Account | None:
    """The account, held, that the token was mailed to for this purpose; None when it is good for nothing (any more)."""
    presented = digest(secret)
    known = await work.mailed_tokens.get(presented)
    account = await work.accounts.get(known.user_id) if known and known.user_id else None
    # Only now is the account held: a new password or another reset may have removed the token before that.
    known = await work.mailed_tokens.get(presented)
    return account if known and is_usable(known, purpose, now) else None


async def registration_of(work: Work, secret: str, purpose: TokenPurpose, now: datetime) -> PendingRegistration | None:
    """The registration, held, that the token is for; None when it is good for nothing, or its account is there already."""
    known = await work.mailed_tokens.get(digest(secret))
    if known is None or known.registration_id is None or not is_usable(known, purpose, now):
        return None
    return await work.registrations.get(known.registration_id)
