"""`lm backup`: create, verify, restore, list."""

import argparse
import asyncio
import signal
from functools import partial
from pathlib import Path

import psycopg
from nats.errors import Error as NatsError

from local_mesh.backup.archive import archives, size_of
from local_mesh.backup.create import create
from local_mesh.backup.manifest import Manifest
from local_mesh.backup.progress import Narrator, in_thread, readable
from local_mesh.backup.reader import read_manifest, verify
from local_mesh.backup.restore import restore
from local_mesh.errors import MeshError
from local_mesh.settings import MeshSettings

_DESCRIPTION = """All databases, media, keys and passwords of this machine's mesh in one archive. Whoever holds an archive holds
everything: keep it as you would keep the keys."""


def parse(arguments: list[str], program: str) -> argparse.Namespace:
    """The options of the command. Exits 2 with the usage when they make no sense."""
    parser = argparse.ArgumentParser(prog=program, description=_DESCRIPTION)
    actions = parser.add_subparsers(dest="action", required=True)
    making = actions.add_parser("create", help="write an archive, beside the running mesh or without one")
    making.add_argument("--to", type=Path, metavar="FOLDER", help="where to; by default $LM_HOME-backups")
    making.add_argument("--keep", type=_positive, metavar="N", help="then delete all but the newest N archives there")
    verifying = actions.add_parser("verify", help="read a whole archive and compare every file with its sum")
    verifying.add_argument("archive", type=Path, metavar="FILE")
    restoring = actions.add_parser("restore", help="put an archive back into $LM_HOME while no mesh runs")
    restoring.add_argument("archive", type=Path, metavar="FILE")
    restoring.add_argument("--force", action="store_true", help="move aside what is there")
    listing = actions.add_parser("list", help="the archives of a folder, the newest first")
    listing.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help="by default $LM_HOME-backups")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


async def run(settings: MeshSettings, arguments: list[str]) -> int:
    """Do what was asked; 0 when it is done, 130 when it was interrupted. Raises MeshError."""
    options = parse(arguments, "lm backup")
    work = asyncio.create_task(_act(settings, options))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        return 130
    except (psycopg.Error, NatsError, TimeoutError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise MeshError(
            f"A server of the mesh refused or did not answer ({why}). Look at `lm status`, then retry."
        ) from error
    return 0


async def _act(settings: MeshSettings, options: argparse.Namespace) -> None:
    narrator, usual = Narrator(), settings.home.with_name(f"{settings.home.name}-backups")
    match options.action:
        case "create":
            await _create(settings, (options.to or usual).absolute(), options.keep, narrator)
        case "verify":
            with narrator.step("Comparing sums", size_of(options.archive)) as tell:
                manifest = await in_thread(partial(verify, options.archive), tell)
            narrator.done(f"{options.archive} is whole: {_described(manifest)}")
        case "restore":
            await _restore(settings, options.archive.absolute(), narrator, force=options.force)
        case "list":
            _list((options.folder or usual).absolute(), asked_for=options.folder is not None)


async def _create(settings: MeshSettings, folder: Path, keep: int | None, narrator: Narrator) -> None:
    made = await create(settings, folder, narrator)
    if bucket := settings.services.get("LM_MEDIA_URL"):
        print(f"Films are not in it: they lie in {bucket}. Copy or version that bucket as well.")
    for old in archives(folder)[keep:] if keep else []:
        old.unlink()
        narrator.done(f"Deleted {old.name}")
    print(f"backup: {made}")
    print(
        "It holds every password and key of the mesh: keep it where only you can read it, and on another machine as well."
    )


async def _restore(settings: MeshSettings, archive: Path, narrator: Narrator, *, force: bool) -> None:
    replaced = await restore(settings, archive, narrator, force=force)
    narrator.done(f"Restored to {settings.home}: start it with `make up`")
    if replaced:
        print(f"What was there before lies in {replaced}. Delete it once you are content.")


def _described(manifest: Manifest) -> str:
    lessons = sum(path.endswith("/video.mp4") for path in manifest.files)
    databases = ", ".join(f"{name} at {database.revision}" for name, database in manifest.databases.items())
    return (
        f"version {manifest.version}, PostgreSQL {manifest.postgres}\n"
        f"  databases and events of {manifest.moment} ({databases})\n"
        f"  media and keys of {manifest.moment} to {manifest.finish_time} ({lessons} lessons)\n"
        f"  {manifest.events} events still to be heard, {manifest.dead_letters} dead letters"
    )


def _list(folder: Path, *, asked_for: bool) -> None:
    if asked_for and not folder.is_dir():
        raise MeshError(f"There is no folder {folder}. Name the one that `lm backup create --to` was given.")
    found = archives(folder)
    for archive in found:
        try:
            manifest = read_manifest(archive)
            facts = f"{manifest.moment}  version {manifest.version}"
        except MeshError as error:
            facts = str(error)
        print(f"{archive.name}  {readable(archive.stat().st_size):>9}  {facts}")
    print(f"{len(found)} {'archive' if len(found) == 1 else 'archives'} in {folder}")
