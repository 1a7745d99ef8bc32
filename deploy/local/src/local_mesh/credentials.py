"""Passwords of the embedded servers: made once, kept in files only their owner can read."""

import os
import secrets
from pathlib import Path


class Credentials:
    """A folder of one-line secret files (mode 0600)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def password(self, name: str) -> str:
        """The password of that name; the first call makes it (192 random bits, URL-safe)."""
        path = self.folder / name
        if not path.exists():
            self.write(name, secrets.token_urlsafe(24))
        return path.read_text().strip()

    def write(self, name: str, text: str) -> Path:
        """Keep a secret text; an existing one of that name stays, so that two writers agree."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / name
        partial = self.folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text.rstrip("\n") + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(partial, path)
        except FileExistsError:
            pass
        finally:
            partial.unlink()
        return path
