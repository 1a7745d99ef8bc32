"""Which of several keys signs access tokens, by time alone: so that replacing one never leaves a token nobody can verify.

A key is published when its file is there, signs from the time in its name, and may go when no token it signed is valid any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from auth_service.domain.access_tokens import ACCESS_LIFETIME

KEY_SET_KEPT = timedelta(minutes=5)
"""How long whoever verifies tokens may keep the key set it fetched; also told to clients, as Cache-Control."""

PUBLICATION = timedelta(minutes=15)
"""How long a key is published before it signs: time for all to fetch the set anew, and for an orchestrator to bring the file."""

OVERLAP = ACCESS_LIFETIME + timedelta(minutes=1)
"""How long a key stays after the next one began to sign: a token's lifetime, and a minute for clocks that differ."""

_FORMAT = "%Y%m%dT%H%M%SZ"
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class KeyState(StrEnum):
    """Where a key is in its life."""

    PUBLISHED = "PUBLISHED"
    SIGNING = "SIGNING"
    VERIFYING = "VERIFYING"
    RETIRABLE = "RETIRABLE"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key's id, the name of its file without the suffix, and when it begins to sign."""

    kid: str
    name: str
    start_time: datetime


def file_name(start_time: datetime) -> str:
    """The name, without the suffix, of a key that signs from then on: "20261125T174500Z"."""
    return start_time.astimezone(UTC).strftime(_FORMAT)


def start_time(name: str) -> datetime:
    """When a key called so begins to sign; one whose name is no time always did."""
    try:
        return datetime.strptime(name, _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return _EVER


def age(key: SigningKey, written: datetime, now: datetime) -> timedelta:
    """How long it has been signing; one whose name is no time, since its file was written."""
    begun = written if key.start_time == _EVER else key.start_time
    return max(now - begun, timedelta())


def signing_key(keys: Sequence[SigningKey], now: datetime) -> SigningKey | None:
    """The newest that has begun; None when none has."""
    begun = [key for key in keys if key.start_time <= now]
    return max(begun, key=lambda key: (key.start_time, key.name), default=None)


def state(key: SigningKey, keys: Sequence[SigningKey], now: datetime) -> KeyState:
    """Where one of `keys` is at the moment."""
    if key.start_time > now:
        return KeyState.PUBLISHED
    if key == signing_key(keys, now):
        return KeyState.SIGNING
    later = [other.start_time for other in keys if other.start_time > key.start_time and other.start_time <= now]
    # Of two that began at once the other signs, and always did.
    superseded = min(later, default=key.start_time)
    return KeyState.RETIRABLE if now >= superseded + OVERLAP else KeyState.VERIFYING
