"""The state folder: where everything the mesh keeps lies, and the lock that only one mesh may hold."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_mesh.credentials import Credentials
from local_mesh.errors import AlreadyRunning, DiskFull, MeshError, NotOurs, RestoreUnfinished
from local_mesh.servers.nats import write_private

_NEEDED_MEGABYTES = 300
# Under root, PostgreSQL runs as a user of its own, who must pass through to its data.
_PASSAGE = 0o711 if os.geteuid() == 0 else 0o700
_FOLDERS = ("data", "logs", "mail", "media", "secrets", "keys", "run")


@dataclass(frozen=True, slots=True)
class Home:
    """The folders of one mesh."""

    root: Path

    @property
    def data(self) -> Path:
        """What the servers keep."""
        return self.root / "data"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.root / "logs"

    @property
    def mail(self) -> Path:
        """Mails caught instead of sent."""
        return self.root / "mail"

    @property
    def media(self) -> Path:
        """Finished videos, served by the gateway."""
        return self.root / "media"

    @property
    def models(self) -> Path:
        """Language models that were pulled."""
        return self.root / "models"

    @property
    def keys(self) -> Path:
        """Signing keys, and the public keys of all services."""
        return self.root / "keys"

    @property
    def run(self) -> Path:
        """What is true only while the mesh runs."""
        return self.root / "run"

    @property
    def restoring(self) -> Path:
        """A state folder that a backup is being restored into; it goes once everything is in its place."""
        return self.root / "restoring"

    @property
    def credentials(self) -> Credentials:
        """Passwords of the embedded servers."""
        return Credentials(self.root / "secrets")

    def make(self, needed_megabytes: int = _NEEDED_MEGABYTES) -> None:
        """Make the folders. Raises DiskFull when less is free, NotOurs or another MeshError when they cannot be used."""
        try:
            self.root.mkdir(mode=_PASSAGE, parents=True, exist_ok=True)
            for name in _FOLDERS:
                (self.root / name).mkdir(mode=_PASSAGE if name == "data" else 0o700, exist_ok=True)
                if not os.access(self.root / name, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
                    raise NotOurs(self.root / name, self.root)
            (self.root / ".gitignore").write_text("*\n")
        except OSError as error:
            raise MeshError(
                f"The state folder {self.root} cannot be made ({error.strerror}). Set LM_HOME to a folder of yours."
            ) from error
        free = shutil.disk_usage(self.root).free // 1024**2
        if free < needed_megabytes:
            raise DiskFull(self.root, free)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold this folder for one mesh. Raises AlreadyRunning; the lock ends with the process, however it ends."""
        lock = self.run / "lock"
        with lock.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise AlreadyRunning(self.root, lock.read_text().strip()) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            self.forget_run()
            try:
                yield
            finally:
                self.forget_run()
                file.truncate(0)

    def refuse_half_restored(self) -> None:
        """Raises RestoreUnfinished where a restore was cut off."""
        if self.restoring.exists():
            raise RestoreUnfinished(self.root)

    def is_running(self) -> bool:
        """Whether a mesh holds the lock now."""
        try:
            with (self.run / "lock").open("a+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def publish(self, name: str, facts: object) -> None:
        """Write run/<name>.json, whole or not at all, readable by its owner only."""
        write_private(self.run / f"{name}.json", json.dumps(facts, indent=2) + "\n")

    def published(self, name: str) -> dict[str, object] | None:
        """What run/<name>.json says; None when it is not there."""
        try:
            facts: dict[str, object] = json.loads((self.run / f"{name}.json").read_text())
        except (OSError, ValueError):
            return None
        return facts

    def forget_run(self) -> None:
        """Remove what a mesh published."""
        for path in self.run.glob("*.json"):
            path.unlink(missing_ok=True)
