"""Second factors in PostgreSQL: enrolled apps, recovery codes, and sign-ins that wait for a code."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from auth_service.domain.second_factors import MfaChallenge, Totp
from auth_service.tables import METADATA
from servicekit.database import Transaction, compile_command, compile_statement

_TOTP, _CODES, _CHALLENGES = (METADATA.tables[name] for name in ("totp", "recovery_codes", "mfa_challenges"))

_HOLD = compile_statement(select(_TOTP).where(_TOTP.c.user_id == bindparam("id")).with_for_update(), row=Totp)
_VALUES: dict[str, BindParameter[Any]] = {column.name: bindparam(column.name) for column in _TOTP.c}
_SAVE = compile_command(
    upsert(_TOTP)
    .values(_VALUES)
    .on_conflict_do_update(index_elements=["user_id"], set_={n: v for n, v in _VALUES.items() if n != "user_id"})
)
_REMOVE_TOTP = compile_command(delete(_TOTP).where(_TOTP.c.user_id == bindparam("user_id")))
_REMOVE_CODES = compile_command(delete(_CODES).where(_CODES.c.user_id == bindparam("user_id")))
_ADD_CODES = compile_command(
    text(
        "INSERT INTO recovery_codes (digest, user_id) SELECT unnest(CAST(:digests AS bytea[])), CAST(:user_id AS uuid)"
    )
)
_SPEND = compile_command(
    delete(_CODES).where(_CODES.c.digest == bindparam("digest"), _CODES.c.user_id == bindparam("user_id"))
)
_ADD_CHALLENGE = compile_command(insert(_CHALLENGES).values({c.name: bindparam(c.name) for c in _CHALLENGES.c}))
_CHALLENGE = compile_statement(
    select(_CHALLENGES).where(_CHALLENGES.c.digest == bindparam("digest")).with_for_update(), row=MfaChallenge
)
_SAVE_CHALLENGE = compile_command(
    update(_CHALLENGES).where(_CHALLENGES.c.digest == bindparam("presented")).values(tries=bindparam("tries"))
)
_REMOVE_CHALLENGES = compile_command(delete(_CHALLENGES).where(_CHALLENGES.c.user_id == bindparam("user_id")))


class SecondFactorsInWork:
    """See ports.SecondFactors."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def totp(self, user_id: str) -> Totp | None:
        """The app, locked: of many who give one code at once the second sees that it is spent."""
        return await self._transaction.one(_HOLD, id=user_id)

    async def save_totp(self, totp: Totp) -> None:
        """One row an account."""
        await self._transaction.execute(_SAVE, **asdict(totp))

    async def remove(self, user_id: str) -> None:
        """All three."""
        for statement in (_REMOVE_TOTP, _REMOVE_CODES, _REMOVE_CHALLENGES):
            await self._transaction.execute(statement, user_id=user_id)

    async def replace_recovery_codes(self, user_id: str, digests: Sequence[bytes]) -> None:
        """All in one statement."""
        await self._transaction.execute(_REMOVE_CODES, user_id=user_id)
        await self._transaction.execute(_ADD_CODES, user_id=user_id, digests=list(digests))

    async def spend_recovery_code(self, user_id: str, digest: bytes) -> bool:
        """Found by the digest, so no comparison of secrets takes place."""
        return await self._transaction.execute(_SPEND, user_id=user_id, digest=digest) == 1

    async def add_challenge(self, challenge: MfaChallenge) -> None:
        """One row."""
        await self._transaction.execute(_ADD_CHALLENGE, **asdict(challenge))

    async def challenge(self, digest: bytes) -> MfaChallenge | None:
        """The demand, locked."""
        return await self._transaction.one(_CHALLENGE, digest=digest)

    async def save_challenge(self, challenge: MfaChallenge) -> None:
        """How often it was tried."""
        await self._transaction.execute(_SAVE_CHALLENGE, presented=challenge.digest, tries=challenge.tries)

    async def remove_challenges(self, user_id: str) -> None:
        """Those of an account."""
        await self._transaction.execute(_REMOVE_CHALLENGES, user_id=user_id)
