"""Secrets people carry: made here, kept only as a digest."""

import base64
import hashlib
import hmac
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


def new_salt() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(SECRET_BYTES)


def successor(secret: str, salt: bytes) -> str:
    """The secret that follows `secret`. Who has only one of the two, a thief of tokens or of the database, cannot tell it."""
    return base64.urlsafe_b64encode(hmac.digest(salt, secret.encode(), "sha256")).rstrip(b"=").decode()


def digest(secret: str) -> bytes:
    """What is stored of a secret. SHA-256 is enough: 256 random bits cannot be guessed, unlike a password."""
    return hashlib.sha256(secret.encode()).digest()


def verification_token(secret: str, user_id: str, now: datetime) -> VerificationToken:
    """The token as it is kept, good for 24 hours."""
    return VerificationToken(digest(secret), user_id, now + VERIFICATION_LIFETIME)


def is_usable(token: VerificationToken, now: datetime) -> bool:
    """Whether the token still confirms its address."""
    return now < token.expire_time
