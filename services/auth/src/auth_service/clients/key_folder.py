"""The folder with the keys that sign access tokens: one PEM file a key, named after the time it begins to sign."""

import os
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from auth_service.domain.signing_keys import SigningKey, file_name, start_time
from servicekit.identity.jwks import jwk
from servicekit.identity.keys import KeyFileInvalid, private_key

_SUFFIX = ".pem"


def load(folder: Path) -> dict[SigningKey, Ed25519PrivateKey]:
    """Every key. Raises KeyFileInvalid when there is none, others may read one, or a file holds something else."""
    keys = {path.stem: private_key(path) for path in sorted(folder.glob(f"*{_SUFFIX}"))}
    if not keys:
        raise KeyFileInvalid(
            f"{folder} holds no key. Make one: openssl genpkey -algorithm ed25519 -out {folder}/first.pem"
        )
    return {SigningKey(_kid(key), name, start_time(name)): key for name, key in keys.items()}


def fingerprint(folder: Path) -> list[tuple[str, int, int]]:
    """What differs when a file came, went or was replaced."""
    found = ((path.name, path.stat()) for path in sorted(folder.glob(f"*{_SUFFIX}")))
    return [(name, state.st_ino, state.st_mtime_ns) for name, state in found]


def add(folder: Path, begins: datetime) -> SigningKey:
    """A new key of the folder's owner, who alone can read it, there whole or not at all.

    Raises FileExistsError for a second one in one second.
    """
    key, path = Ed25519PrivateKey.generate(), folder / f"{file_name(begins)}{_SUFFIX}"
    partial = folder / f".{secrets.token_hex(8)}"
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.flush()
            os.fsync(file.fileno())
            if os.geteuid() == 0:  # an operator may rotate as root the keys of a service that runs as somebody else
                os.fchown(file.fileno(), folder.stat().st_uid, folder.stat().st_gid)
        os.link(partial, path)
    finally:
        partial.unlink()
    return SigningKey(_kid(key), path.stem, start_time(path.stem))


class KeyFolder:
    """See ports.KeyStore."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> Sequence[SigningKey]:
        """Raises KeyFileInvalid."""
        return [*load(self._folder)]

    def add(self, begins: datetime) -> SigningKey:
        """Raises FileExistsError, OSError."""
        return add(self._folder, begins)

    def remove(self, key: SigningKey) -> None:
        """Raises OSError."""
        (self._folder / f"{key.name}{_SUFFIX}").unlink()


def _kid(key: Ed25519PrivateKey) -> str:
    return jwk(key.public_key())["kid"]
