"""Making an archive. Databases and events first, media after: whatever a row speaks of was there before the row."""

import asyncio
import fcntl
import shutil
from collections.abc import Iterator
from contextlib import aclosing, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from nats.js import JetStreamContext

from local_mesh.backup import media, tools
from local_mesh.backup.archive import PREFIX, SUFFIX, sweep, writing
from local_mesh.backup.errors import BackupRuns, NothingToBackUp, NotWritten
from local_mesh.backup.manifest import Manifest, present_version
from local_mesh.backup.moment import Moment, moment
from local_mesh.backup.progress import Narrator, Tell, in_thread, readable
from local_mesh.backup.servers import Servers, jetstream, reached
from local_mesh.home import Home
from local_mesh.servers import databases
from local_mesh.settings import MeshSettings
from servicekit.messaging.broker import DEAD_LETTERS, EVENTS
from servicekit.messaging.saved import last_sequence, messages

_PRIVATE = ("keys", "secrets")


async def create(settings: MeshSettings, folder: Path, narrator: Narrator) -> Path:
    """Write an archive of the mesh into the folder; its path. Raises MeshError."""
    home = Home(settings.home)
    if not home.credentials.folder.is_dir():
        raise NothingToBackUp(home.root)
    _prepare(folder)
    with _alone(home) as staged:
        async with reached(home, settings) as servers:
            await asyncio.to_thread(media.hold, home.root, staged)
            taken, events, letters = await _write_down(servers, staged, narrator)
            await asyncio.to_thread(media.hold, home.root, staged)
        _copy_private(home, staged)
        target = folder / f"{PREFIX}{taken.time:%Y%m%dT%H%M%SZ}{SUFFIX}"
        manifest = partial(
            Manifest,
            version=present_version(),
            postgres=taken.postgres,
            moment=_rfc3339(taken.time),
            databases=taken.databases,
            events=events,
            dead_letters=letters,
            bucket=settings.services.get("LM_MEDIA_URL", ""),
        )
        files = _staged_files(staged)
        with narrator.step("Writing the archive", sum(path.stat().st_size for path in files)) as tell:
            await in_thread(partial(_pack, target, staged, files, manifest), tell)
    narrator.done(f"Archive: {readable(target.stat().st_size)}, {len(files)} files, every one with its sum")
    return target


def _prepare(folder: Path) -> None:
    try:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True)
            (folder / ".gitignore").write_text("*\n")
        sweep(folder)
    except OSError as error:
        raise NotWritten(folder, error.strerror or str(error)) from error


@contextmanager
def _alone(home: Home) -> Iterator[Path]:
    """An empty folder on the state folder's disk. Raises BackupRuns; the lock ends with the process, however it ends."""
    home.make()
    with (home.run / "backup.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRuns(home.root) from None
        staged = home.run / "backup"
        shutil.rmtree(staged, ignore_errors=True)  # of one that was killed
        staged.mkdir(mode=0o700)
        try:
            yield staged
        finally:
            shutil.rmtree(staged, ignore_errors=True)


async def _write_down(servers: Servers, staged: Path, narrator: Narrator) -> tuple[Moment, int, int]:
    """The databases and the events of one instant, in files; the instant, how many events and how many dead letters."""
    names = {service: service for service in databases.SERVICES}
    async with jetstream(servers.nats) as stream, moment(servers.postgres, stream, names) as taken:
        (staged / "databases").mkdir()
        for service in names:
            target = staged / "databases" / f"{service}.dump"
            with narrator.step(f"Dumping {service}"):
                await tools.dump(servers.postgres, service, taken.snapshots[service], target)
            narrator.done(f"Database {service}: {readable(target.stat().st_size)}")
        events = await _save(stream, EVENTS, staged, after=taken.heard, last=taken.last)
        letters = await _save(stream, DEAD_LETTERS, staged, last=await last_sequence(stream, DEAD_LETTERS))
    narrator.done(f"Events: {events} still to be heard, {letters} dead letters")
    return taken, events, letters


async def _save(stream: JetStreamContext, name: str, staged: Path, *, last: int, after: int = 0) -> int:
    """Write the stream's messages in this span, one a line; how many."""
    (staged / "events").mkdir(exist_ok=True)
    count = 0
    with (staged / "events" / f"{name}.jsonl").open("w") as file:
        async with aclosing(messages(stream, name, after, last)) as saved:  # type: ignore[type-var]  # a generator, typed as an iterator
            async for event in saved:
                file.write(event.to_json() + "\n")
                count += 1
    return count


def _copy_private(home: Home, staged: Path) -> None:
    """Keys and passwords; what is being written at this moment has a name that begins with a dot."""
    for name in _PRIVATE:
        for source in sorted((home.root / name).rglob("[!.]*")):
            target = staged / name / source.relative_to(home.root / name)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if source.is_file():
                with suppress(FileNotFoundError):  # a key that is retired at this moment
                    shutil.copy(source, target)


def _staged_files(staged: Path) -> list[Path]:
    return sorted(path for path in staged.rglob("*") if path.is_file())


def _pack(target: Path, staged: Path, files: list[Path], manifest: "partial[Manifest]", tell: Tell) -> None:
    with writing(target, tell) as writer:
        for path in files:
            writer.add(str(path.relative_to(staged)), path)
        writer.finish(manifest(finish_time=_rfc3339(datetime.now(UTC)), files=writer.files))


def _rfc3339(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
