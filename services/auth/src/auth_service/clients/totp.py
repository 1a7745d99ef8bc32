"""One-time codes (RFC 6238) as authenticator apps make them: SHA-1, six digits, half a minute, by pyotp."""

import hmac
from datetime import datetime

import pyotp

_ISSUER = "Little Monster"
_TOLERANCE = (0, -1, 1)
"""Steps by which an app's clock, or a slow finger, may be off (RFC 6238 §5.2)."""


class PyotpCodes:
    """See ports.OneTimeCodes."""

    def new_secret(self) -> str:
        """160 random bits (RFC 4226 §4) in base32."""
        return pyotp.random_base32()

    def uri(self, secret: str, account: str) -> str:
        """An otpauth:// address."""
        return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=_ISSUER)

    def step(self, secret: str, code: str, now: datetime) -> int | None:
        """All steps are compared, each in constant time."""
        totp = pyotp.TOTP(secret)
        here = totp.timecode(now)
        fitting = [here + by for by in _TOLERANCE if hmac.compare_digest(totp.generate_otp(here + by), code)]
        return fitting[0] if fitting else None
