"""What an access token says about its bearer, and the keys that prove it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from auth_service.domain.accounts import Account
from auth_service.domain.sessions import Session

ACCESS_LIFETIME = timedelta(minutes=10)
ISSUER = "littlemonster"
AUDIENCE = "littlemonster"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 public key: `kid` is its RFC 7638 thumbprint, `x` the key itself, both base64url without padding."""

    kid: str
    x: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client holds after signing in; `access_token` lasts `expires_in`. `erasure_cancelled` when signing in did that."""

    access_token: str
    refresh_token: str
    user_id: str
    expires_in: timedelta = ACCESS_LIFETIME
    erasure_cancelled: bool = False


def claims(account: Account, session: Session, token_id: str, now: datetime) -> dict[str, str | int]:
    """The claims of an access token (RFC 7519); times are seconds since 1970."""
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": account.id,
        "sid": session.id,
        "role": account.role.value,
        "aal": int(session.aal),
        "jti": token_id,
        "iat": int(now.timestamp()),
        "exp": int((now + ACCESS_LIFETIME).timestamp()),
    }
