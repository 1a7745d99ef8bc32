"""Putting an archive back: everything into a folder of its own first, into its place only once all of it is there."""

import asyncio
import shutil
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from local_mesh.backup import media, restored_databases
from local_mesh.backup.archive import size_of
from local_mesh.backup.errors import MeshRuns, NotEmpty, TooNew
from local_mesh.backup.manifest import Manifest
from local_mesh.backup.progress import Narrator, in_thread
from local_mesh.backup.reader import extract, verify
from local_mesh.backup.servers import Servers, jetstream, started
from local_mesh.home import Home
from local_mesh.servers import databases
from local_mesh.settings import MeshSettings
from servicekit import migrate
from servicekit.messaging.broker import DEAD_LETTERS, EVENTS
from servicekit.messaging.saved import SavedEvent, empty, is_empty, put_back

_PARTS = ("data", *media.FOLDERS, ".media-work", "keys", "secrets")
_MEGABYTE = 1024**2
_SPARE_MEGABYTES = 300


async def restore(settings: MeshSettings, archive: Path, narrator: Narrator, *, force: bool) -> Path | None:
    """Put the archive back; where what was there before has been moved to, None when there was nothing. Raises MeshError.

    Nothing is touched before every sum was compared, and nothing in its place before all of the archive is restored beside it.
    """
    home = Home(settings.home)
    if home.is_running():
        raise MeshRuns(home.root)
    with narrator.step("Comparing sums", size_of(archive)) as tell:
        manifest = await in_thread(partial(verify, archive), tell)
    _refuse_newer(archive, manifest)
    narrator.done(f"Archive: whole, of {manifest.moment}, version {manifest.version}")
    home.make()
    with home.locked():
        if not force and (taken := [name for name in _PARTS if _holds_something(home.root / name)]):
            raise NotEmpty(f"{home.root} ({', '.join(taken)})")
        stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        staged = await _staged(settings, home, archive, narrator, stamp, force=force)
        return _switch(home, staged, stamp)


def _refuse_newer(archive: Path, manifest: Manifest) -> None:
    for service, database in manifest.databases.items():
        if service not in databases.SERVICES or not migrate.knows(service, database.revision):
            raise TooNew(archive, manifest.version, f"the database {service} stands at {database.revision}")


def _holds_something(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


async def _staged(
    settings: MeshSettings, home: Home, archive: Path, narrator: Narrator, stamp: str, *, force: bool
) -> Home:
    """A whole state folder inside the present one; nothing is left of it when it cannot be made."""
    staged = Home(home.restoring)
    shutil.rmtree(staged.root, ignore_errors=True)  # of a restore that was cut off
    try:
        size = size_of(archive)
        staged.make(needed_megabytes=2 * size // _MEGABYTE + _SPARE_MEGABYTES)
        places = {top: staged.root / top for top in ("databases", "events", "keys", "secrets", *media.FOLDERS)}
        with narrator.step("Unpacking", size) as tell:
            await in_thread(partial(extract, archive, places), tell)
        async with started(staged, settings) as servers:
            await _fill(servers, staged, narrator, stamp, force=force)
    except BaseException:
        shutil.rmtree(staged.root, ignore_errors=True)
        raise
    return staged


async def _fill(servers: Servers, staged: Home, narrator: Narrator, stamp: str, *, force: bool) -> None:
    """The databases under names of their own, the events, and then the databases under their names."""
    async with jetstream(servers.nats) as stream:
        if not force:
            await asyncio.to_thread(restored_databases.refuse_present, servers.postgres)
            if not await is_empty(stream):
                raise NotEmpty("The events on the server of LM_NATS_URL")
        for service in databases.SERVICES:
            with narrator.step(f"Restoring {service}"):
                await restored_databases.restore(servers.postgres, service, staged)
            narrator.done(f"Database {service}")
        await empty(stream)
        count = 0
        for name in (EVENTS, DEAD_LETTERS):
            with (staged.root / "events" / f"{name}.jsonl").open() as lines:
                for line in lines:
                    await put_back(stream, SavedEvent.from_json(line))
                    count += 1
    await asyncio.to_thread(restored_databases.put_in_place, servers.postgres, stamp)
    narrator.done(f"Events: {count}")


def _switch(home: Home, staged: Home, stamp: str) -> Path | None:
    """Put the parts into their places. A mesh refuses to start on what this leaves when it is cut off."""
    aside = home.root / f"replaced-{stamp}"
    for name in _PARTS:
        present = home.root / name
        if _holds_something(present):
            aside.mkdir(mode=0o700, exist_ok=True)
            present.rename(aside / name)
        elif present.is_dir():
            present.rmdir()
    for name in _PARTS:
        if (staged.root / name).is_dir():
            (staged.root / name).rename(home.root / name)
    shutil.rmtree(staged.root)
    return aside if aside.is_dir() else None
