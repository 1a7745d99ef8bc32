"""Secrets people carry: made here, kept only as a digest."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SECRET_BYTES = 32


class TokenPurpose(StrEnum):
    """What a mailed token is good for."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105  # a name
    CONFIRM_NEW_EMAIL = "CONFIRM_NEW_EMAIL"
    CONFIRM_PRESENT_EMAIL = "CONFIRM_PRESENT_EMAIL"


LIFETIMES = {
    TokenPurpose.VERIFY_EMAIL: timedelta(hours=24),
    TokenPurpose.RESET_PASSWORD: timedelta(hours=1),
    TokenPurpose.CONFIRM_NEW_EMAIL: timedelta(hours=24),
    TokenPurpose.CONFIRM_PRESENT_EMAIL: timedelta(hours=24),
}


@dataclass(frozen=True, slots=True)
class MailedToken:
    """A mailed token as it is kept: `digest` is the SHA-256 of its text. It is an account's, or a registration's."""

    digest: bytes
    user_id: str | None
    purpose: TokenPurpose
    expire_time: datetime
    registration_id: str | None = None


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


def mailed_token(
    secret: str, user_id: str | None, purpose: TokenPurpose, now: datetime, registration_id: str | None = None
) -> MailedToken:
    """The token as it is kept, good for as long as its purpose allows."""
    return MailedToken(digest(secret), user_id, purpose, now + LIFETIMES[purpose], registration_id)


def is_usable(token: MailedToken, purpose: TokenPurpose, now: datetime) -> bool:
    """Whether the token is still good, and for this."""
    return token.purpose is purpose and now < token.expire_time
