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
"""Mails of one kind that an address gets within the window, whoever asks for them; for each kind by itself, so that no number of
one keeps another away. Reset letters to an account have MAIL_INTERVAL alone."""


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
    registration: PendingRegistration, owner: Account | None, sent: int
) -> Mailed | PendingMailed | Unchanged:
    """What a registration calls for. `owner` is the confirmed account its address has: that never changes, its owner is told.

    Otherwise the address gets a mail. `sent` is how many of that kind it got within MAIL_WINDOW.
    """
    if owner is None:
        return Unchanged() if sent >= MOST_MAILS else PendingMailed(registration, MailKind.VERIFY_EMAIL)
    request_id = registration.wish.request_id
    if request_id and request_id == owner.registration_request_id:
        return Unchanged()
    return told(owner, MailKind.ALREADY_REGISTERED, sent, registration.create_time)


def told(account: Account, kind: MailKind, sent: int, now: datetime) -> Mailed | Unchanged:
    """Whether an account gets a letter that is no reset: not within a minute of a reset letter, nor after as many of its kind.

    It leaves `mail_time` alone: whoever has such letters sent keeps no reset letter from the owner.
    """
    return Unchanged() if sent >= MOST_MAILS or too_soon(account, now) else Mailed(account, kind)


def mailed_again(
    newest: PendingRegistration, kind: MailKind, mailed: Sequence[datetime], now: datetime
) -> PendingMailed | Unchanged:
    """Whether the newest registration of an address that has no account is mailed once more, to confirm it as it is or with
    another password: not within a minute of another mail of this kind, nor after MOST_MAILS; `mailed` is when those were,
    the newest first."""
    if len(mailed) >= MOST_MAILS or (mailed and now < mailed[0] + MAIL_INTERVAL):
        return Unchanged()
    return PendingMailed(newest, kind)


def asked_again(kind: MailKind, alone: bool) -> MailKind:
    """What goes out when mail of a kind is asked for again: to confirm a registration only while it is `alone`.

    Nobody can tell whose the newest of several is; a reset letter is safe, as a password is chosen by whoever reads it.
    """
    return kind if alone else MailKind.RESET_PASSWORD


def account_of(registration: PendingRegistration, now: datetime) -> Account:
    """The account that a registration becomes once its address is confirmed, with the password it was made with."""
    return replace(open_account(registration.id, registration.wish, now), mail_time=registration.create_time)


def details(registration: PendingRegistration) -> Mapping[str, str]:
    """What its letters show: `asked`, when it was made, so that whoever gets several knows their own."""
    time = registration.create_time.astimezone(UTC)
    return {"asked": f"{time:%A}, {time.day} {time:%B %Y}, {time:%H:%M} (UTC)"}
