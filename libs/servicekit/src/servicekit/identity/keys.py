"""Where Ed25519 keys come from: PEM files, files with JSON Web Key Sets, and the auth service."""

import asyncio
import json
import os
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from littlemonster.auth.v1.auth_service_pb2 import GetJwksRequest, Jwk
from littlemonster.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from servicekit.errors import ServiceError
from servicekit.identity.jwks import key_set, verifies

_REFETCH_SECONDS = 2.0
_KEPT_SECONDS = 60.0


class KeyFileInvalid(ValueError):
    """A file does not hold the key it should, or others than its owner may read it."""


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
        """A JSON Web Key Set file. Raises KeyFileInvalid."""
        try:
            return cls(key_set(json.loads(path.read_text())["keys"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise KeyFileInvalid(
                f"{path} is not a readable JSON Web Key Set of Ed25519 keys. Write it anew."
            ) from error


class RemoteKeys:
    """The auth service's keys, remembered; an unknown `kid` asks again, at most every two seconds.

    After a minute a known one asks as well, and is used meanwhile: so a key that was taken back is soon good for nothing, and an
    outage of auth ends nobody's session.
    """

    def __init__(self, stub: AuthServiceStub) -> None:
        self._stub = stub
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._asked = float("-inf")
        self._renew_at = float("-inf")
        self._question: asyncio.Task[None] | None = None

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        now = time.monotonic()
        if kid in self._keys:
            if now >= self._renew_at:
                self._renew_at = now + _KEPT_SECONDS
                self._ask()
            return self._keys[kid]
        # Calls that come while the question is on its way share its answer: their tokens may well be valid, and one after the
        # other they would wait for ever on an auth service that hangs.
        if now - self._asked > _REFETCH_SECONDS:
            self._ask()
        if self._question is not None:
            await asyncio.shield(self._question)
        return self._keys.get(kid)

    def _ask(self) -> None:
        if self._question is None:
            self._question = asyncio.create_task(self._fetch())
            self._question.add_done_callback(self._answered)

    def _answered(self, question: asyncio.Task[None]) -> None:
        self._question = None
        if not question.cancelled():
            question.exception()  # those who wait have seen it; with nobody waiting nobody needs to

    async def _fetch(self) -> None:
        self._asked = time.monotonic()
        try:
            answer = await self._stub.GetJwks(GetJwksRequest())
        except ServiceError:
            self._asked = float("-inf")  # an outage must not make valid tokens invalid for longer than it lasts
            raise
        # Those of a kind that a later version may publish are left out (RFC 7517, 5); their tokens are refused.
        self._keys = key_set(key for key in map(_members, answer.keys) if verifies(key))
        self._renew_at = time.monotonic() + _KEPT_SECONDS


def _members(key: Jwk) -> dict[str, object]:
    return {field.name: value for field, value in key.ListFields()}


def forbidden_bits(owner: int, user: int) -> int:
    """Bits a private key's mode must not have. Kubernetes mounts secrets as root's, for the process's group to read."""
    return stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO if owner == 0 and user != 0 else stat.S_IRWXG | stat.S_IRWXO


def private_key(path: Path) -> Ed25519PrivateKey:
    """The key in a PEM file. Raises KeyFileInvalid when others may read the file or it holds something else."""
    try:
        state, pem = path.stat(), path.read_bytes()
    except OSError as error:
        raise KeyFileInvalid(
            f"{path} cannot be read ({error.strerror}). Put this service's Ed25519 key there."
        ) from None
    if state.st_mode & forbidden_bits(state.st_uid, os.geteuid()):
        raise KeyFileInvalid(f"{path} must be readable by its owner alone: chmod 600")
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileInvalid(f"{path} does not hold an Ed25519 key. Make one: openssl genpkey -algorithm ed25519")
    return key
