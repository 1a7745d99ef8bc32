"""Second factors in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from auth_service.domain.second_factors import MfaChallenge, Totp


@dataclass
class FactorTables:
    """Apps by account, digests of recovery codes with their account, and sign-ins that wait for a code."""

    totp: dict[str, Totp] = field(default_factory=dict)
    codes: set[tuple[str, bytes]] = field(default_factory=set)
    challenges: dict[bytes, MfaChallenge] = field(default_factory=dict)


class MemorySecondFactors:
    """See ports.SecondFactors."""

    def __init__(self, tables: FactorTables) -> None:
        self._tables = tables

    async def totp(self, user_id: str) -> Totp | None:
        return self._tables.totp.get(user_id)

    async def save_totp(self, totp: Totp) -> None:
        self._tables.totp[totp.user_id] = totp

    async def remove(self, user_id: str) -> None:
        self._tables.totp.pop(user_id, None)
        self._tables.codes = {each for each in self._tables.codes if each[0] != user_id}
        await self.remove_challenges(user_id)

    async def replace_recovery_codes(self, user_id: str, digests: Sequence[bytes]) -> None:
        others = {each for each in self._tables.codes if each[0] != user_id}
        self._tables.codes = others | {(user_id, digest) for digest in digests}

    async def spend_recovery_code(self, user_id: str, digest: bytes) -> bool:
        if (user_id, digest) not in self._tables.codes:
            return False
        self._tables.codes.remove((user_id, digest))
        return True

    async def add_challenge(self, challenge: MfaChallenge) -> None:
        self._tables.challenges[challenge.digest] = challenge

    async def challenge(self, digest: bytes) -> MfaChallenge | None:
        return self._tables.challenges.get(digest)

    async def save_challenge(self, challenge: MfaChallenge) -> None:
        self._tables.challenges[challenge.digest] = challenge

    async def remove_challenges(self, user_id: str) -> None:
        self._tables.challenges = {d: each for d, each in self._tables.challenges.items() if each.user_id != user_id}
