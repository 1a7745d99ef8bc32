"""An account, from its confirmed address on."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from servicekit.caller import Role

MAIL_INTERVAL = timedelta(minutes=1)
"""Least time between two mails that anybody can cause by naming an address."""

AVATAR_COLORS = ("#e4572e", "#f3a712", "#76b041", "#17bebb", "#4f86c6", "#6d4fc6", "#c64f9b", "#8a6552")


class MailKind(StrEnum):
    """Which letter is sent; each has a text and an HTML template."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    ACCOUNT_OPENED = "ACCOUNT_OPENED"
    ALREADY_REGISTERED = "ALREADY_REGISTERED"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105  # a name
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105  # a name
    CONFIRM_NEW_EMAIL = "CONFIRM_NEW_EMAIL"
    CONFIRM_PRESENT_EMAIL = "CONFIRM_PRESENT_EMAIL"
    EMAIL_CHANGED = "EMAIL_CHANGED"
    TOTP_ENABLED = "TOTP_ENABLED"
    TOTP_DISABLED = "TOTP_DISABLED"
    REMINDER = "REMINDER"
    ERASURE_SCHEDULED = "ERASURE_SCHEDULED"
    ERASURE_CANCELLED = "ERASURE_CANCELLED"
    ACCOUNT_ERASED = "ACCOUNT_ERASED"


@dataclass(frozen=True, slots=True)
class Registration:
    """What somebody asks an account for; the address and the name are normalised, the password is hashed."""

    email: str
    display_name: str
    password_hash: str
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """One person's account. `verify_time` is None only in those that earlier versions opened unconfirmed; `mail_time` is when
    a mail was last caused by an anonymous call; `last_active_time` is exact to the hour; `suspend_time` is None unless
    suspended."""

    id: str
    email: str
    display_name: str
    password_hash: str
    role: Role
    avatar_color: str
    subjects: tuple[str, ...]
    registration_request_id: str | None
    verify_time: datetime | None
    mail_time: datetime
    create_time: datetime
    last_active_time: datetime
    suspend_time: datetime | None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing is to be saved or sent."""


@dataclass(frozen=True, slots=True)
class Mailed:
    """The account as it is to be saved, and the letter its owner gets."""

    account: Account
    mail: MailKind


def open_account(account_id: str, registration: Registration, now: datetime) -> Account:
    """A new student's account, its address not yet confirmed."""
    return Account(
        id=account_id,
        email=registration.email,
        display_name=registration.display_name,
        password_hash=registration.password_hash,
        role=Role.STUDENT,
        avatar_color=AVATAR_COLORS[sum(account_id.encode()) % len(AVATAR_COLORS)],
        subjects=(),
        registration_request_id=registration.request_id,
        verify_time=None,
        mail_time=now,
        create_time=now,
        last_active_time=to_the_hour(now),
        suspend_time=None,
    )


def reset_mail(account: Account, now: datetime) -> Mailed | Unchanged:
    """Whether a reset token goes out: not within a minute of another mail."""
    if too_soon(account, now):
        return Unchanged()
    return Mailed(replace(account, mail_time=now), MailKind.RESET_PASSWORD)


def with_password(account: Account, password_hash: str) -> Account:
    """The account with another password."""
    return replace(account, password_hash=password_hash)


def confirm(account: Account, now: datetime) -> Account:
    """The account with its address confirmed; a repeat keeps the first time."""
    return replace(account, verify_time=account.verify_time or now)


def seen(account: Account, now: datetime) -> Account:
    """The account as active now."""
    return replace(account, last_active_time=max(account.last_active_time, to_the_hour(now)))


def to_the_hour(time: datetime) -> datetime:
    """The beginning of the hour: finer would let others watch a person's habits."""
    return time.replace(minute=0, second=0, microsecond=0)


def too_soon(account: Account, now: datetime) -> bool:
    """Whether an anonymous call has caused a mail to the account within MAIL_INTERVAL."""
    return now < account.mail_time + MAIL_INTERVAL
