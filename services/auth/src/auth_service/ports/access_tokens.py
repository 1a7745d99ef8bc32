"""What signs access tokens."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from auth_service.domain.access_tokens import PublicKey
from auth_service.domain.signing_keys import SigningKey


class TokenSigner(Protocol):
    """Signs access tokens with the key in force."""

    def sign(self, claims: Mapping[str, str | int]) -> str:
        """A JWT (EdDSA) with the key's id in its header."""
        ...

    def public_keys(self) -> Sequence[PublicKey]:
        """The keys in force, and those about to be."""
        ...


class KeyStore(Protocol):
    """Where the keys that sign access tokens are kept."""

    def all(self) -> Sequence[SigningKey]:
        """Every key; never empty."""
        ...

    def add(self, begins: datetime) -> SigningKey:
        """Keep a new one, which begins to sign then, to the second."""
        ...

    def remove(self, key: SigningKey) -> None:
        """Forget one."""
        ...
