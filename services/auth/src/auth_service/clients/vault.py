"""Secrets that must be read again, encrypted (Fernet: AES-128-CBC with HMAC-SHA-256) by keys from a file."""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from servicekit.identity.keys import KeyFileInvalid, forbidden_bits


class VaultKeyMissing(Exception):
    """None of the keys opens it: the file lost a key, or a row was put where it does not belong."""


class FernetVault:
    """See ports.Vault. The first key seals; each opens."""

    def __init__(self, keys: list[str]) -> None:
        """Keys in url-safe base64, 32 bytes each. Raises ValueError."""
        self._keys = MultiFernet([Fernet(key) for key in keys])

    @classmethod
    def from_file(cls, path: Path) -> "FernetVault":
        """One key a line. Raises KeyFileInvalid when others than its owner may read it, or it holds something else."""
        try:
            state, lines = path.stat(), path.read_text().split()
        except (OSError, UnicodeDecodeError) as error:
            raise KeyFileInvalid(f"{path} cannot be read ({error}). Put a key there, see docs/deployment.md.") from None
        if state.st_mode & forbidden_bits(state.st_uid, os.geteuid()):
            raise KeyFileInvalid(f"{path} must be readable by its owner alone: chmod 600")
        try:
            return cls(lines)
        except ValueError:
            raise KeyFileInvalid(
                f"{path} must hold lines of 32 bytes in url-safe base64, the newest key first."
            ) from None

    def seal(self, secret: str, owner: str) -> bytes:
        """The owner is sealed in with it."""
        return self._keys.encrypt(f"{owner}:{secret}".encode())

    def open(self, sealed: bytes, owner: str) -> str:
        """Raises VaultKeyMissing, also for what was sealed for another owner."""
        try:
            found, _, secret = self._keys.decrypt(sealed).decode().partition(":")
        except InvalidToken:
            raise VaultKeyMissing from None
        if found != owner:
            raise VaultKeyMissing
        return secret
