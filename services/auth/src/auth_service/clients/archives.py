"""The archive people get: a ZIP of one JSON file a service, a manifest, and a page that says what each file is."""

import json
import tempfile
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import IO

from auth_service.domain.exports import CHUNK_BYTES, MOST_BYTES, Export
from auth_service.errors import ArchiveTooLarge
from auth_service.ports import Archive

_ABOUT = {
    "auth": "your account, preferences, sessions, letters, what you did, and what the audit log says you did",
    "content": "the lessons you asked for, how they were made, and what you watched within the last hours",
    "community": "your comments with their earlier texts, ratings, reports and decisions as a moderator",
    "planner": "your planner: events, what you did of them, and what you deleted",
    "inference": "nothing: the language model remembers nothing of anybody",
}
_README = """Everything this Little Monster holds of you, as of {time:%Y-%m-%d %H:%M} UTC.

{files}
  manifest.json     how many records of each kind the files hold

Each file is a JSON object: a name for each kind of record, and a list of the records. Times are UTC (ISO 8601).
Passwords and other secrets are left out; what others wrote is theirs, and not in here.
"""


class ZipArchives:
    """See ports.Archives. Packs into a temporary file, at most MOST_BYTES."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes

    @asynccontextmanager
    async def begin(self, export: Export, now: datetime) -> AsyncIterator[Archive]:
        """The file is nameless: nothing stays of it, also after kill -9."""
        with tempfile.TemporaryFile() as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            yield ZipArchive(file, packed, export, now, self._most_bytes)


class ZipArchive:
    """See ports.Archive."""

    def __init__(
        self, file: IO[bytes], packed: zipfile.ZipFile, export: Export, now: datetime, most_bytes: int
    ) -> None:
        self._file = file
        self._zip = packed
        self._export = export
        self._now = now
        self._most_bytes = most_bytes
        self._counts: dict[str, dict[str, int]] = {}

    async def add(self, service: str, records: AsyncIterator[tuple[str, str]]) -> None:
        """Written as it comes: one record at a time is in memory."""
        counts = self._counts[service] = {}
        with self._zip.open(self._entry(f"{service}.json"), "w") as part:
            part.write(b"{")
            async for collection, record in records:
                if collection not in counts:
                    part.write(_opened(collection, first=not counts))
                    counts[collection] = 0
                if record:
                    part.write(b",\n  " if counts[collection] else b"\n  ")
                    part.write(record.encode())
                    counts[collection] += 1
                self._check()
            part.write(b"]}\n" if counts else b"}\n")

    async def close(self) -> int:
        """The manifest and the page come last, when everything is known."""
        manifest = {"exportId": self._export.id, "userId": self._export.user_id, "createTime": self._now.isoformat()}
        files = {f"{service}.json": counts for service, counts in self._counts.items()}
        self._zip.writestr(self._entry("manifest.json"), json.dumps(manifest | {"records": files}, indent=2))
        lines = "\n".join(f"  {f'{service}.json':<17} {_ABOUT[service]}" for service in self._counts)
        self._zip.writestr(self._entry("README.txt"), _README.format(time=self._now, files=lines))
        self._zip.close()
        self._check()
        return self._file.tell()

    def pieces(self) -> Iterator[bytes]:
        """From the start of the file."""
        self._file.seek(0)
        return iter(lambda: self._file.read(CHUNK_BYTES), b"")

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(f"little-monster/{name}", self._now.timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o600 << 16
        return entry

    def _check(self) -> None:
        if self._file.tell() > self._most_bytes:
            raise ArchiveTooLarge


def _opened(collection: str, *, first: bool) -> bytes:
    return f"{'' if first else '],'}\n{json.dumps(collection)}: [".encode()
