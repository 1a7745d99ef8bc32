"""The archive: a tar that only its owner may read; its last members are the manifest and the manifest's own sum."""

import errno
import fcntl
import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from local_mesh.backup.errors import NoArchive, NotWritten
from local_mesh.backup.manifest import MANIFEST, SUMS, File, Manifest
from local_mesh.backup.progress import Tell

PREFIX, SUFFIX = "littlemonster-", ".tar"
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Summed:
    """Reads a file, tells of each piece and adds it to a sum."""

    source: IO[bytes]
    sum: "hashlib._Hash"
    tell: Tell

    def read(self, size: int = _CHUNK) -> bytes:
        """At most `size` bytes."""
        piece = self.source.read(size)
        self.sum.update(piece)
        self.tell(len(piece))
        return piece


class Writer:
    """An archive in the making."""

    def __init__(self, tar: tarfile.TarFile, tell: Tell) -> None:
        self._tar = tar
        self._tell = tell
        self.files: dict[str, File] = {}

    def add(self, path: str, source: Path) -> None:
        """A file under the name `path`; it must not change meanwhile."""
        with source.open("rb") as file:
            summed = Summed(file, hashlib.sha256(), self._tell)
            self._tar.addfile(_member(path, os.fstat(file.fileno()).st_size), summed)
        self.files[path] = File(_size(source), summed.sum.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        """The manifest, then its sum, as `sha256sum -c` reads it."""
        text = manifest.to_json().encode()
        line = f"{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n".encode()
        for name, content in ((MANIFEST, text), (SUMS, line)):
            self._tar.addfile(_member(name, len(content)), io.BytesIO(content))


def _member(path: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)
    member.size, member.mode = size, 0o600
    return member


def _size(path: Path) -> int:
    return path.stat().st_size


@contextmanager
def writing(target: Path, tell: Tell) -> Iterator[Writer]:
    """A new archive, which gets its name once it is whole and on the disk. Raises NotWritten."""
    partial = target.with_name(f".{target.name}.partial")
    try:
        if target.exists():  # of another mesh, at the same second
            raise FileExistsError(errno.EEXIST, f"{target.name} is there already")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # whoever sweeps leaves it alone while we live
            try:
                with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                    yield Writer(tar, tell)
                file.flush()
                os.fsync(file.fileno())
                partial.rename(target)
            finally:
                partial.unlink(missing_ok=True)
        _flush_folder(target.parent)
    except OSError as error:
        raise NotWritten(target.parent, error.strerror or str(error)) from error


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what backups that were killed left half written."""
    for partial in folder.glob(f".{PREFIX}*{SUFFIX}.partial"):
        with partial.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            partial.unlink(missing_ok=True)


def size_of(archive: Path) -> int:
    """Its size in bytes. Raises NoArchive."""
    try:
        return archive.stat().st_size
    except OSError:
        raise NoArchive(archive) from None


def archives(folder: Path) -> list[Path]:
    """The archives of a folder, the newest first: their names hold their time."""
    return sorted(folder.glob(f"{PREFIX}*{SUFFIX}"), reverse=True)
