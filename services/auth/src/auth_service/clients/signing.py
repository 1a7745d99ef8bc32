"""The key access tokens are signed with."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auth_service.domain.access_tokens import PublicKey
from servicekit.identity.keys import StaticKeys, jwk, private_key
from servicekit.identity.tokens import ALGORITHM, TYPE


class Ed25519Signer:
    """See ports.TokenSigner."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        public = jwk(key.public_key())
        self._public = PublicKey(kid=public["kid"], x=public["x"])

    @classmethod
    def from_file(cls, path: Path) -> "Ed25519Signer":
        """From a PEM file. Raises ValueError when others than its owner may read it, or it holds something else."""
        return cls(private_key(path))

    def sign(self, claims: Mapping[str, str | int]) -> str:
        """A JWT of RFC 9068's type."""
        return jwt.encode(dict(claims), self._key, ALGORITHM, headers={"kid": self._public.kid, "typ": TYPE})

    def public_keys(self) -> Sequence[PublicKey]:
        """The one key in force."""
        return (self._public,)

    def key_source(self) -> StaticKeys:
        """The same for this process's own server: auth need not ask itself over the network."""
        return StaticKeys({self._public.kid: self._key.public_key()})
