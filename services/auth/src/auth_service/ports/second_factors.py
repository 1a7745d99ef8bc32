"""Second factors."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from auth_service.domain.second_factors import MfaChallenge, Totp


class SecondFactors(Protocol):
    """Second factors inside a unit of work that holds the account: what is read stays locked until it ends."""

    async def totp(self, user_id: str) -> Totp | None:
        """The account's app, or None."""
        ...

    async def save_totp(self, totp: Totp) -> None:
        """Save it; an account has one at most."""
        ...

    async def remove(self, user_id: str) -> None:
        """Forget the account's app, recovery codes and sign-ins that wait for a code."""
        ...

    async def replace_recovery_codes(self, user_id: str, digests: Sequence[bytes]) -> None:
        """These are the account's recovery codes now, and no others."""
        ...

    async def spend_recovery_code(self, user_id: str, digest: bytes) -> bool:
        """Forget one; False when the account has none such."""
        ...

    async def add_challenge(self, challenge: MfaChallenge) -> None:
        """Save a sign-in that waits for a code."""
        ...

    async def challenge(self, digest: bytes) -> MfaChallenge | None:
        """The sign-in, or None when none with that digest waits."""
        ...

    async def save_challenge(self, challenge: MfaChallenge) -> None:
        """Save one that was read in this unit of work."""
        ...

    async def remove_challenges(self, user_id: str) -> None:
        """Forget every sign-in of an account that waits for a code."""
        ...


class OneTimeCodes(Protocol):
    """The codes of authenticator apps."""

    def new_secret(self) -> str:
        """What app and server share, in base32."""
        ...

    def uri(self, secret: str, account: str) -> str:
        """The secret as an otpauth:// address, named after the account."""
        ...

    def step(self, secret: str, code: str, now: datetime) -> int | None:
        """Which half minute since 1970, of this one and its neighbours, has the code; None when none has."""
        ...


class Vault(Protocol):
    """Encrypts secrets that must be read again."""

    def seal(self, secret: str, owner: str) -> bytes:
        """The secret, unreadable, and good for nobody but `owner`."""
        ...

    def open(self, sealed: bytes, owner: str) -> str:
        """The secret that was sealed for the owner."""
