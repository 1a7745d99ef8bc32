"""A pair of tokens for a session: the signed one services verify, the opaque one that renews it."""

from datetime import datetime

from auth_service.domain.access_tokens import Tokens, claims
from auth_service.domain.accounts import Account
from auth_service.domain.secrets import digest
from auth_service.domain.sessions import Session, refresh_token
from auth_service.ports import TokenSigner, Work
from servicekit.ids import new_id


class TokenIssuer:
    """Makes pairs; of the refresh token only the digest is kept."""

    def __init__(self, signer: TokenSigner) -> None:
        self._signer = signer

    async def issue(self, work: Work, account: Account, session: Session, secret: str, now: datetime) -> Tokens:
        """The pair for the session's new generation, whose refresh token is `secret`."""
        await work.sessions.add_refresh_token(refresh_token(digest(secret), session))
        return self.pair(account, session, secret, now)

    def pair(self, account: Account, session: Session, secret: str, now: datetime) -> Tokens:
        """The pair when the refresh token is kept already."""
        access_token = self._signer.sign(claims(account, session, new_id(), now))
        return Tokens(access_token, secret, account.id)
