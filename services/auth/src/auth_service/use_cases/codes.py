"""Looking at a code that somebody gives for their second factor."""

import re

from auth_service.domain.second_factors import Totp, recovery_digest, spend
from auth_service.ports import OneTimeCodes, Vault, Work
from servicekit.clock import Clock

_SIX_DIGITS = re.compile(r"[0-9]{6}")


class CodeCheck:
    """Of an app's code each step counts once; of recovery codes each one once."""

    def __init__(self, codes: OneTimeCodes, vault: Vault, clock: Clock) -> None:
        self._codes = codes
        self._vault = vault
        self._clock = clock

    async def spend_any(self, work: Work, totp: Totp, code: str) -> bool:
        """Whether the app's code or a recovery code was good; then it is spent. `totp` is held by this unit of work."""
        if _SIX_DIGITS.fullmatch(code):
            return await self.spend_digits(work, totp, code) is not None
        return await work.second_factors.spend_recovery_code(totp.user_id, recovery_digest(totp.user_id, code))

    async def spend_digits(self, work: Work, totp: Totp, code: str) -> Totp | None:
        """The app after its code was spent, None when the code was not good."""
        secret = self._vault.open(totp.sealed_secret, totp.user_id)
        spent = spend(totp, self._codes.step(secret, code, self._clock()))
        if spent:
            await work.second_factors.save_totp(spent)
        return spent
