"""A registration that waits until whoever reads the address's mail confirms it; only then there is an account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from auth_service.domain.accounts import (
    MAIL_INTERVAL,
    Account,
    Mailed,
    MailKind,
    Registration,
    Unchanged,
    open_account,
    too_soon,
)

MAIL_WINDOW = timedelta(hours=1)
MOST_MAILS = 5
"""Mails that an address without an owner gets within the window, whoever asks for them."""


@dataclass(frozen=True, slots=True)
class PendingRegistration:
    """`id` is the id its account will have; `ip_address` is whence it came, for the audit log, "" when unknown."""

    id: str
    wish: Registration
    ip_address: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class PendingMailed:
    """The registration that a mail goes out for, and the letter."""

    registration: PendingRegistration
    mail: MailKind


def registered(
    registration: PendingRegistration, owner: Account | None, mailed: Sequence[datetime]
) -> Mailed | PendingMailed | Unchanged:
    """What a registration calls for. `owner` is the confirmed account its address has: that never changes, its owner is told.

    Otherwise the address gets a mail, but for the sixth within MAIL_WINDOW; `mailed` is when it got some, the newest first.
    """
    if owner is None:
        spent = len(mailed) >= MOST_MAILS
        return Unchanged() if spent else PendingMailed(registration, MailKind.VERIFY_EMAIL)
    request_id = registration.wish.request_id
    if too_soon(owner, registration.create_time) or (request_id and request_id == owner.registration_request_id):
        return Unchanged()
    return Mailed(replace(owner, mail_time=registration.create_time), MailKind.ALREADY_REGISTERED)


def mailed_again(
    newest: PendingRegistration | None, kind: MailKind, mailed: Sequence[datetime], now: datetime
) -> PendingMailed | Unchanged:
    """Whether the newest registration of an address that has no owner is mailed once more, to confirm it as it is or with
    another password: not within a minute of another mail, nor after as many as for a registration."""
    if newest is None or len(mailed) >= MOST_MAILS or (mailed and now < mailed[0] + MAIL_INTERVAL):
        return Unchanged()
    return PendingMailed(newest, kind)


def account_of(registration: PendingRegistration, now: datetime) -> Account:
    """The account that a registration becomes once its address is confirmed, with the password it was made with."""
    return replace(open_account(registration.id, registration.wish, now), mail_time=registration.create_time)


def details(registration: PendingRegistration) -> Mapping[str, str]:
    """What its letters show: `asked`, when it was made, so that whoever gets several knows their own."""
    time = registration.create_time.astimezone(UTC)
    return {"asked": f"{time:%A}, {time.day} {time:%B %Y}, {time:%H:%M} (UTC)"}
