"""Mailed tokens in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, text

from auth_service.domain.secrets import MailedToken, TokenPurpose
from auth_service.tables import METADATA
from servicekit.database import Transaction, compile_command, compile_statement

_TOKENS = METADATA.tables["mailed_tokens"]


def _token(
    digest: bytes, user_id: str | None, purpose: str, expire_time: datetime, registration_id: str | None
) -> MailedToken:
    return MailedToken(digest, user_id, TokenPurpose(purpose), expire_time, registration_id)


_ADD = compile_command(insert(_TOKENS).values({c.name: bindparam(c.name) for c in _TOKENS.c}))
_GET = compile_statement(select(_TOKENS).where(_TOKENS.c.digest == bindparam("digest")), row=_token)
_REMOVE = compile_command(
    delete(_TOKENS).where(_TOKENS.c.user_id == bindparam("user_id"), text("purpose <> ALL(CAST(:sparing AS text[]))"))
)


class MailedTokensInWork:
    """See ports.MailedTokens."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, token: MailedToken) -> None:
        """One row."""
        await self._transaction.execute(_ADD, **asdict(token))

    async def get(self, digest: bytes) -> MailedToken | None:
        """Found by the digest, so no comparison of secrets takes place."""
        return await self._transaction.one(_GET, digest=digest)

    async def remove(self, user_id: str, sparing: Sequence[TokenPurpose] = ()) -> None:
        """Found by the account."""
        await self._transaction.execute(_REMOVE, user_id=user_id, sparing=[purpose.value for purpose in sparing])
