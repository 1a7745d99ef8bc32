"""Mail that anybody may ask for by naming an address; whether one goes out is decided later, apart from the call."""

from dataclasses import dataclass
from datetime import datetime

from auth_service.domain.accounts import Account, Mailed, MailKind, Unchanged, reset_mail, verification_again


@dataclass(frozen=True, slots=True)
class MailRequest:
    """`kind` is VERIFY_EMAIL or RESET_PASSWORD; `email` is normalised, and may be nobody's."""

    id: str
    kind: MailKind
    email: str
    create_time: datetime


def answer(request: MailRequest, account: Account | None, verifications_lately: int) -> Mailed | Unchanged:
    """What the address's account, if there is one, calls for."""
    if request.kind is MailKind.VERIFY_EMAIL:
        return verification_again(account, verifications_lately, request.create_time)
    return reset_mail(account, request.create_time)
