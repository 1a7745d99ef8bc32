"""A mail's way out: pending, then sent or, after many failures, abandoned."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from auth_service.domain.accounts import MailKind
from auth_service.domain.secrets import TokenPurpose

MOST_ATTEMPTS = 10
SENT_KEPT = timedelta(days=7)
ABANDONED_KEPT = timedelta(days=30)
"""Longer, for operators who look into why."""

LEASE = timedelta(minutes=2)
"""How long a worker has for one mail before another may take it over; longer than the mailer's own time limit."""

_PURPOSES = {
    MailKind.VERIFY_EMAIL: TokenPurpose.VERIFY_EMAIL,
    MailKind.RESET_PASSWORD: TokenPurpose.RESET_PASSWORD,
    MailKind.CONFIRM_NEW_EMAIL: TokenPurpose.CONFIRM_NEW_EMAIL,
    MailKind.CONFIRM_PRESENT_EMAIL: TokenPurpose.CONFIRM_PRESENT_EMAIL,
}
_FIRST_PAUSE = timedelta(seconds=2)
_LONGEST_PAUSE = timedelta(hours=1)
_LONGEST_ERROR = 500


class MailStatus(StrEnum):
    """Where a mail is."""

    PENDING = "PENDING"
    SENT = "SENT"
    ABANDONED = "ABANDONED"


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter in the outbox. `attempts` counts tries begun; `due_time` is when the next may begin.

    `user_id` is None when the account it was about is gone, or not there yet: then it is about `registration_id`.
    `details` are what its template shows besides a token: for the kinds that name something, such as a reminder.
    """

    id: str
    user_id: str | None
    kind: MailKind
    recipient: str
    status: MailStatus
    attempts: int
    due_time: datetime
    last_error: str
    create_time: datetime
    details: Mapping[str, str] = field(default_factory=dict)
    registration_id: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail made readable: what a person gets."""

    recipient: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the mail system did not take a letter; `permanent` when trying again is useless."""

    reason: str
    permanent: bool


def new_mail(mail_id: str, user_id: str | None, kind: MailKind, recipient: str, now: datetime, **details: str) -> Mail:
    """A mail that is due at once."""
    return Mail(mail_id, user_id, kind, recipient, MailStatus.PENDING, 0, now, "", now, details)


def token_purpose(kind: MailKind) -> TokenPurpose | None:
    """What the letter's token, which is made when it is sent, is good for; None when it carries none."""
    return _PURPOSES.get(kind)


def after_success(mail: Mail) -> Mail:
    """The mail as sent."""
    return _ended(replace(mail, status=MailStatus.SENT, last_error=""))


def after_refusal(mail: Mail, refusal: Refusal, now: datetime) -> Mail:
    """The mail after a try that failed: due again after a pause that doubles, or abandoned when there is no hope."""
    reason = refusal.reason[:_LONGEST_ERROR]
    if refusal.permanent or mail.attempts >= MOST_ATTEMPTS:
        return _ended(replace(mail, status=MailStatus.ABANDONED, last_error=reason))
    pause = min(_FIRST_PAUSE * 2 ** (mail.attempts - 1), _LONGEST_PAUSE)
    return replace(mail, due_time=now + pause, last_error=reason)


def _ended(mail: Mail) -> Mail:
    """The last letter to an erased account takes its address along, also out of what a mail system says of it."""
    return mail if mail.user_id or mail.registration_id else replace(mail, recipient="", last_error="")
