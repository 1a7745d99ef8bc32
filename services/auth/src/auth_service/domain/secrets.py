"""Secrets people carry: made here, kept only as a digest."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

SECRET_BYTES = 32
VERIFICATION_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class VerificationToken:
    """A mailed token as it is kept: `digest` is the SHA-256 of its text."""

    digest: bytes
    user_id: str
    expire_time: datetime


def new_secret() -> str:
    """32 random bytes as 43 characters that fit a URL."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> bytes:
    """What is stored of a secret. SHA-256 is enough: 256 random bits cannot be guessed, unlike a password."""
    return hashlib.sha256(secret.encode()).digest()


def verification_token(secret: str, user_id: str, now: datetime) -> VerificationToken:
    """The token as it is kept, good for 24 hours."""
    return VerificationToken(digest(secret), user_id, now + VERIFICATION_LIFETIME)


def is_usable(token: VerificationToken, now: datetime) -> bool:
    """Whether the token still confirms its address."""
    return now < token.expire_time
