"""Ed25519 keys: from PEM files, from JSON Web Key Sets (RFC 7517, 8037), and from the auth service."""

import asyncio
import base64
import binascii
import hashlib
import json
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from littlemonster.auth.v1.auth_service_pb2 import GetJwksRequest
from littlemonster.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from servicekit.errors import ServiceError

_REFETCH_SECONDS = 2.0


class KeySource(Protocol):
    """Where public keys come from."""

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        """The key called `kid`, or None when there is none, which makes the token invalid."""
        ...


class StaticKeys:
    """Keys known from the start."""

    def __init__(self, keys: Mapping[str, Ed25519PublicKey]) -> None:
        self._keys = dict(keys)

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        return self._keys.get(kid)

    @classmethod
    def from_file(cls, path: Path) -> "StaticKeys":
        """A JSON Web Key Set file. Raises ValueError when it is not one."""
        keys = json.loads(path.read_text())["keys"]
        return cls({key["kid"]: public_key(key["x"]) for key in keys})


class RemoteKeys:
    """The auth service's keys, remembered; an unknown `kid` asks again, at most every two seconds."""

    def __init__(self, stub: AuthServiceStub) -> None:
        self._stub = stub
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._asked = float("-inf")
        self._asking = asyncio.Lock()

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        if kid not in self._keys:
            # Calls that come while the question is on its way wait for its answer: their tokens may well be valid.
            async with self._asking:
                if kid not in self._keys and time.monotonic() - self._asked > _REFETCH_SECONDS:
                    await self._fetch()
        return self._keys.get(kid)

    async def _fetch(self) -> None:
        self._asked = time.monotonic()
        try:
            answer = await self._stub.GetJwks(GetJwksRequest())
        except ServiceError:
            self._asked = float("-inf")  # an outage must not make valid tokens invalid for longer than it lasts
            raise
        self._keys = {key.kid: public_key(key.x) for key in answer.keys}


def public_key(x: str) -> Ed25519PublicKey:
    """The key from a JWK's `x`. Raises ValueError."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=" * (-len(x) % 4)))
    except binascii.Error as error:
        raise ValueError("a JWK's x is not base64url") from error


def jwk(key: Ed25519PublicKey, kid: str = "") -> dict[str, str]:
    """The public key as a JSON Web Key; `kid` is its RFC 7638 thumbprint when not given."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid or _thumbprint(x), "use": "sig", "alg": "EdDSA"}


def _thumbprint(x: str) -> str:
    members = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).rstrip(b"=").decode()


def private_key(path: Path) -> Ed25519PrivateKey:
    """The key in a PEM file. Raises ValueError when others may read the file or it holds something else."""
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ValueError(f"{path} must be readable by its owner alone: chmod 600")
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} does not hold an Ed25519 key")
    return key
