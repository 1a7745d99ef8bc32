"""Reading an archive: nothing of it is trusted before its sums were compared."""

import hashlib
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from local_mesh.backup.archive import Summed
from local_mesh.backup.errors import Damaged, NoArchive, NotUnpacked, TooNew
from local_mesh.backup.manifest import FORMAT, MANIFEST, SUMS, File, Manifest
from local_mesh.backup.progress import Tell

_LONGEST_MANIFEST = 256 * 1024 * 1024  # a million lessons


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
    return file.read(_LONGEST_MANIFEST) if file else b""


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
    """Only names written as they will be opened: of "media//etc/passwd" a path from the root is left without its folder."""
    path = PurePosixPath(name)
    return name == str(path) and not path.is_absolute() and ".." not in path.parts and "\0" not in name


def extract(archive: Path, places: Mapping[str, Path], tell: Tell) -> None:
    """Write the files below each first folder of their names to that folder's place, readable by their owner alone.

    Only for an archive that was verified. Raises Damaged, NotUnpacked.
    """
    with _opened(archive) as tar:
        for member in tar:
            if not _is_safe(member.name):
                raise Damaged(archive, f"{member.name!r} would lie outside of its folder")
            top, _, rest = member.name.partition("/")
            if rest and top in places and (content := tar.extractfile(member)):
                _write(places[top] / rest, Summed(content, hashlib.sha256(), tell))


def _write(path: Path, content: Summed) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            while piece := content.read():
                file.write(piece)
    except OSError as error:
        raise NotUnpacked(path.parent, error.strerror or str(error)) from error
