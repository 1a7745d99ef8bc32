"""What an archive says of itself."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version as version_of

FORMAT = 1
MANIFEST = "manifest.json"
SUMS = "manifest.json.sha256"


@dataclass(frozen=True, slots=True)
class File:
    """One file of the archive: its size in bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Database:
    """A dump: the migration it stands at, and how large the database was in bytes."""

    revision: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Versions, times (RFC 3339, UTC) and the sum of every file.

    `moment` is the one instant of all databases and of the events. Media, keys and secrets were read from `moment` to
    `finish_time`; `bucket` names the object store that keeps the media instead, or is empty.
    """

    version: str
    postgres: str
    moment: str
    finish_time: str
    databases: Mapping[str, Database]
    events: int
    dead_letters: int
    bucket: str
    files: Mapping[str, File]
    format: int = FORMAT

    def to_json(self) -> str:
        """The text of manifest.json."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """The inverse of `to_json`. Raises ValueError, KeyError or TypeError for another text."""
        read = json.loads(text)
        read["databases"] = {name: Database(**facts) for name, facts in read["databases"].items()}
        read["files"] = {path: File(**facts) for path, facts in read["files"].items()}
        return cls(**read)


def present_version() -> str:
    """The version of what runs here."""
    return version_of("littlemonster-local")
