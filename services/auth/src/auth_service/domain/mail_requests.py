"""Mail that anybody may ask for by naming an address; whether one goes out is decided later, apart from the call."""

from dataclasses import dataclass
from datetime import datetime

from auth_service.domain.accounts import MailKind


@dataclass(frozen=True, slots=True)
class MailRequest:
    """`kind` is VERIFY_EMAIL or RESET_PASSWORD; `email` is normalised, and may be nobody's.

    `registration_id` is the new registration that a verification is asked for; None when it is asked for again.
    """

    id: str
    kind: MailKind
    email: str
    create_time: datetime
    registration_id: str | None = None
