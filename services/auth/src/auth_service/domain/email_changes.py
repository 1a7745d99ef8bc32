"""Another e-mail address for an account: both the new one and the present one must agree."""

from dataclasses import dataclass, replace
from datetime import datetime

from auth_service.domain.accounts import Account, MailKind
from auth_service.domain.mails import Mail
from auth_service.domain.secrets import LIFETIMES, TokenPurpose

PURPOSES = (TokenPurpose.CONFIRM_NEW_EMAIL, TokenPurpose.CONFIRM_PRESENT_EMAIL)


@dataclass(frozen=True, slots=True)
class EmailChange:
    """What was asked for in the session called `session_id`, and which of the two addresses has agreed so far."""

    user_id: str
    new_email: str
    session_id: str
    expire_time: datetime
    new_confirmed: bool
    present_confirmed: bool

    @property
    def is_complete(self) -> bool:
        """Whether both agreed."""
        return self.new_confirmed and self.present_confirmed


def ask_for(user_id: str, new_email: str, session_id: str, now: datetime) -> EmailChange:
    """A change that nobody has agreed to."""
    expire_time = now + LIFETIMES[TokenPurpose.CONFIRM_NEW_EMAIL]
    return EmailChange(user_id, new_email, session_id, expire_time, new_confirmed=False, present_confirmed=False)


def confirmed(change: EmailChange, by: TokenPurpose) -> EmailChange:
    """The change once the address whose token it was has agreed."""
    if by is TokenPurpose.CONFIRM_NEW_EMAIL:
        return replace(change, new_confirmed=True)
    return replace(change, present_confirmed=True)


def is_asked_by(mail: Mail, change: EmailChange | None, account: Account) -> bool:
    """Whether a letter that waited still asks about the change that is wanted: its token would agree to that."""
    if change is None:
        return False
    if mail.kind is MailKind.CONFIRM_NEW_EMAIL:
        return mail.recipient == change.new_email
    return mail.recipient == account.email and mail.details.get("about") == change.new_email
