"""The second factor: codes of an app that change every half minute (RFC 6238), and recovery codes for when it is lost."""

import base64
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from auth_service.domain.secrets import digest

ENROLMENT_LIFETIME = timedelta(minutes=15)
"""How long the first code may be waited for."""

CHALLENGE_LIFETIME = timedelta(minutes=5)
MOST_TRIES = 5
"""Codes that may be tried with one mfa_token."""

RECOVERY_CODES = 10
_RECOVERY_BYTES = 10
_GROUP = 4


@dataclass(frozen=True, slots=True)
class Totp:
    """An enrolled app. `sealed_secret` is encrypted; `confirm_time` is None until a first code was given; of codes only those of
    steps after `last_step` count, so that each works once."""

    user_id: str
    sealed_secret: bytes
    create_time: datetime
    confirm_time: datetime | None
    last_step: int


@dataclass(frozen=True, slots=True)
class MfaChallenge:
    """A sign-in whose password was right and whose code is waited for; `digest` is the SHA-256 of its mfa_token."""

    digest: bytes
    user_id: str
    expire_time: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class MfaDemand:
    """The answer to a right password when a code is needed: it lets nobody in."""

    mfa_token: str


def enrol(user_id: str, sealed_secret: bytes, now: datetime) -> Totp:
    """An app whose first code is waited for."""
    return Totp(user_id, sealed_secret, now, None, 0)


def is_on(totp: Totp | None) -> bool:
    """Whether signing in needs a code."""
    return totp is not None and totp.confirm_time is not None


def awaits_first_code(totp: Totp | None, now: datetime) -> bool:
    """Whether an enrolment can still be completed."""
    return totp is not None and totp.confirm_time is None and now < totp.create_time + ENROLMENT_LIFETIME


def spend(totp: Totp, step: int | None) -> Totp | None:
    """The app after the code of `step` was used, None when it is no code of now (None) or one was used since."""
    return replace(totp, last_step=step) if step is not None and step > totp.last_step else None


def challenge(secret: str, user_id: str, now: datetime) -> MfaChallenge:
    """The demand as it is kept."""
    return MfaChallenge(digest(secret), user_id, now + CHALLENGE_LIFETIME, 0)


def is_open(waiting: MfaChallenge, now: datetime) -> bool:
    """Whether a code may still be tried."""
    return now < waiting.expire_time and waiting.tries < MOST_TRIES


def after_wrong_code(waiting: MfaChallenge) -> MfaChallenge:
    """The demand with one try fewer."""
    return replace(waiting, tries=waiting.tries + 1)


def new_recovery_code() -> str:
    """80 random bits, in groups that can be typed: "ABCD-EFGH-IJKL-MNOP"."""
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode()
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def recovery_digest(user_id: str, code: str) -> bytes:
    """What is kept of a recovery code, which is its account's alone; case, spaces and hyphens are for the eye."""
    return digest(f"{user_id}:{code.upper().replace('-', '').replace(' ', '')}")
