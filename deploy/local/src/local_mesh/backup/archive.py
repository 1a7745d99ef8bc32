"""The archive: a tar that only its owner may read; its last members are the manifest and the manifest's own sum."""

import fcntl
import hashlib
import io
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from local_mesh.backup.errors import Damaged, NoArchive, NotWritten, TooNew
from local_mesh.backup.manifest import FORMAT, MANIFEST, SUMS, File, Manifest
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


@contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(archive, "r:") as tar:
            yield tar
    except FileNotFoundError:
        raise NoArchive(archive) from None
    except (tarfile.TarError, EOFError) as error:
        raise Damaged(archive, f"it cannot be read as an archive ({error})") from error
    except OSError as error:
        raise Damaged(archive, f"it cannot be read ({error.strerror})") from error


def read_manifest(archive: Path) -> Manifest:
    """What the archive says of itself, its own sum checked. Raises NoArchive, Damaged or TooNew."""
    with _opened(archive) as tar:
        return _manifest(archive, {name: _content(archive, tar, name) for name in (MANIFEST, SUMS)})


def _content(archive: Path, tar: tarfile.TarFile, name: str) -> bytes:
    try:
        file = tar.extractfile(name)
    except KeyError:
        raise Damaged(archive, f"{name} is missing, as if it had been cut off") from None
    return file.read() if file else b""


def _manifest(archive: Path, contents: Mapping[str, bytes]) -> Manifest:
    if contents[SUMS].split()[:1] != [hashlib.sha256(contents[MANIFEST]).hexdigest().encode()]:
        raise Damaged(archive, f"{MANIFEST} has another sum than was written")
    try:
        manifest = Manifest.from_json(contents[MANIFEST])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TooNew(archive, "unknown", f"this one reads format {FORMAT}") from error
    if manifest.format != FORMAT:
        raise TooNew(archive, manifest.version, f"this one reads format {FORMAT}, not {manifest.format}")
    return manifest


def verify(archive: Path, tell: Tell) -> Manifest:
    """Read the whole archive and compare every file with its sum. Raises NoArchive, Damaged or TooNew."""
    manifest = read_manifest(archive)
    with _opened(archive) as tar:
        found: dict[str, File | None] = {}
        for member in tar:
            if member.name in found:
                raise Damaged(archive, f"{member.name} is in it twice")
            found[member.name] = _summed(tar, member, tell)
    del found[MANIFEST], found[SUMS]
    for path, file in manifest.files.items():
        if found.pop(path, None) != file:
            raise Damaged(archive, f"{path} is missing or has another sum than was written")
    if found:
        raise Damaged(archive, f"{min(found)} is not in its manifest")
    return manifest


def _summed(tar: tarfile.TarFile, member: tarfile.TarInfo, tell: Tell) -> File | None:
    content = tar.extractfile(member) if member.isreg() and _is_safe(member.name) else None
    if content is None:
        return None
    summed = Summed(content, hashlib.sha256(), tell)
    size = 0
    while piece := summed.read():
        size += len(piece)
    return File(size, summed.sum.hexdigest())


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def extract(archive: Path, places: Mapping[str, Path], tell: Tell) -> None:
    """Write the files below each first folder of their names to that folder's place, readable by their owner alone.

    Only for an archive that was verified. Raises Damaged, OSError.
    """
    with _opened(archive) as tar:
        for member in tar:
            top, _, rest = member.name.partition("/")
            if rest and top in places and (content := tar.extractfile(member)):
                _write(places[top] / rest, Summed(content, hashlib.sha256(), tell))


def _write(path: Path, content: Summed) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while piece := content.read():
            file.write(piece)
