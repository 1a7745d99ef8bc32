"""PostgreSQL refuses to run as root: the system user that runs it then, and what that user may reach."""

import logging
import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from local_mesh.errors import MeshError

NAME = "lm-postgres"
_logger = logging.getLogger(__name__)


def needed() -> str | None:
    """The user's name when this process is root, made on first use; None for a normal user."""
    if os.geteuid() != 0:
        return None
    if not _exists():
        _make()
    return NAME


def own(path: Path, user: str | None) -> None:
    """Give a file or folder of ours to the user."""
    if user is not None:
        shutil.chown(path, user, user)


def let_reach(path: Path, user: str | None) -> None:
    """Let the user pass through the folders above the path: search permission only, nothing can be listed or read."""
    if user is None:
        return
    for folder in path.resolve().parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            _logger.warning("Opening %s to passage (chmod o+x), so that PostgreSQL's user can reach %s.", folder, path)
            folder.chmod(mode | stat.S_IXOTH)


def let_read(folder: Path, user: str | None) -> None:
    """Let the user read a folder of programs, which a strict umask may have kept to root."""
    if user is None:
        return
    for place, _, files in os.walk(folder):
        _allow(Path(place), stat.S_IROTH | stat.S_IXOTH)
        for name in files:
            path = Path(place, name)
            executable = path.lstat().st_mode & stat.S_IXUSR
            _allow(path, stat.S_IROTH | (stat.S_IXOTH if executable else 0))


def _allow(path: Path, bits: int) -> None:
    found = path.lstat()
    if not stat.S_ISLNK(found.st_mode) and found.st_mode & bits != bits:
        path.chmod(stat.S_IMODE(found.st_mode) | bits)


def _exists() -> bool:
    try:
        pwd.getpwnam(NAME)
    except KeyError:
        return False
    return True


def _make() -> None:
    command = ("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        why = done.stderr.strip()
    except OSError as error:
        why = str(error)
    if not _exists():  # another mesh may have made it in the meantime
        raise MeshError(
            f"PostgreSQL does not run as root, and the user {NAME} for it could not be made ({why}). "
            "Run as a normal user, or set LM_POSTGRES_URL to a server that runs elsewhere."
        )
