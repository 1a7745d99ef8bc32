"""What auth tells the other services."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class UserRegistered:
    """An account was opened: its address is confirmed."""

    user_id: str
    display_name: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class SessionRevoked:
    """Tokens of the session must no longer be accepted."""

    session_id: str
    user_id: str
    revoke_time: datetime


@dataclass(frozen=True, slots=True)
class AccessRevoked:
    """What opens without a session, such as the address of a calendar feed, must no longer open. All sessions of before have
    ended but `spared_session`, "" when none goes on."""

    user_id: str
    revoke_time: datetime
    spared_session: str = ""


@dataclass(frozen=True, slots=True)
class UserDeleted:
    """Everything held on the account is to be erased or anonymised."""

    user_id: str
    delete_time: datetime


Event = UserRegistered | SessionRevoked | AccessRevoked | UserDeleted
