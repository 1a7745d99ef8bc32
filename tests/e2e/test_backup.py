"""A mesh that is gone comes back from its archive: accounts, films, comments and plans, on a machine that knows nothing of it."""

import asyncio
import os
import re
import signal
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from local_mesh.backup.archive import archives
from local_mesh.backup.reader import read_manifest
from local_mesh.demo.client import Gateway
from local_mesh.demo.media import film_seconds
from local_mesh.servers.databases import SERVICES

pytestmark = pytest.mark.timeout(600)  # meshes start one after the other
START_SECONDS = 150
PLAN = {
    "title": "Review Pythagoras",
    "subject": "SUBJECT_MATH",
    "type": "EVENT_TYPE_STUDY",
    "startTime": "2030-09-02T16:00:00Z",
    "endTime": "2030-09-02T16:45:00Z",
    "timeZone": "UTC",
}
WINDOW = {"startTime": "2030-09-02T00:00:00Z", "endTime": "2030-09-03T00:00:00Z"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own folder, which each session closes to PostgreSQL's user."""
    with tempfile.TemporaryDirectory(prefix="lm-test-") as folder:
        yield Path(folder)


async def backup(home, *arguments):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local_mesh.cli", "backup", *map(str, arguments)),
        env=os.environ | {"LM_HOME": str(home)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


@asynccontextmanager
async def up(home: Path) -> AsyncIterator[str]:
    """A mesh on the folder while the block lasts; its gateway."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local_mesh.cli", "up"),
        env=os.environ | {"LM_HOME": str(home), "LM_GATEWAY_PORT": "0"},
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            line = (await process.stdout.readline()).decode()
        yield re.fullmatch(r"gateway: (\S+)\n", line)[1]
    finally:
        process.send_signal(signal.SIGINT)
        await process.communicate()


def revisions(home: Path) -> dict[str, str]:
    """At which migration each database of the running mesh stands."""
    found = {}
    for service in SERVICES:
        with psycopg.connect((home / f"run/{service}.url").read_text().strip()) as connection:
            (found[service],) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return found


async def test_what_people_made_is_there_after_the_folder_is_lost(mesh, student, lesson, folder):
    ada, video = await student("Ada"), lesson["video"]
    film = (await ada.gateway.download(video["videoUrl"])).content
    comment = await ada.gateway.call("POST", f"/v1/videos/{video['id']}/comments", {"text": "Keep this one."})
    plan = await ada.gateway.call("POST", "/v1/planner/events", PLAN)

    code, said = await backup(mesh.home, "create", "--to", folder / "kept")
    assert code == 0, said
    (archive,) = archives(folder / "kept")
    assert said.splitlines()[-2] == f"backup: {archive}"
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    manifest = read_manifest(archive)
    assert {name: database.revision for name, database in manifest.databases.items()} == revisions(mesh.home)
    assert f"media/{video['id']}/video.mp4" in manifest.files
    code, said = await backup(mesh.home, "verify", archive)
    assert (code, "is whole" in said) == (0, True), said
    code, said = await backup(mesh.home, "restore", archive, "--force")
    assert (code, "A mesh runs on" in said) == (1, True), said

    home = folder / "home"  # nothing of the former mesh is known here
    code, said = await backup(home, "restore", archive)
    assert code == 0, said
    async with up(home) as url:
        gateway = Gateway(url)
        credentials = {"email": ada.email, "password": ada._password}
        gateway.token = (await gateway.call("POST", "/v1/auth/login", credentials))["accessToken"]
        shown = await gateway.call("GET", f"/v1/videos/{video['id']}")
        assert shown["status"] == "VIDEO_STATUS_PUBLIC"
        content = (await gateway.download(shown["videoUrl"])).content
        assert (content == film, film_seconds(content) > 0) == (True, True)
        comments = await gateway.call("GET", f"/v1/videos/{video['id']}/comments")
        assert comment["id"] in [each["id"] for each in comments["comments"]]
        events = await gateway.call("GET", "/v1/planner/events", query=WINDOW)
        assert [event["id"] for event in events["events"]] == [plan["id"]]
        # What is saved from now on is told and heard: the streams, the relays and the consumers work again.
        await gateway.call("PUT", f"/v1/videos/{video['id']}/rating", {"stars": 5})
        while (await gateway.call("GET", f"/v1/videos/{video['id']}"))["ratingCount"] <= shown["ratingCount"]:
            await asyncio.sleep(0.1)
        await gateway.close()
    await check_the_stopped_mesh(home, folder, archive)


def contents(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def damage(archive: Path, target: Path) -> None:
    """A copy of which one bit has changed."""
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    target.write_bytes(content)


async def check_the_stopped_mesh(home: Path, folder: Path, archive: Path) -> None:
    """It is backed up as well, and what lies there is neither overwritten nor lost."""
    code, said = await backup(home, "create", "--to", folder / "later", "--keep", 1)
    assert code == 0, said
    assert len(archives(folder / "later")) == 1
    before = contents(home)
    code, said = await backup(home, "restore", archive)
    assert (code, "would be replaced" in said, "add --force" in said) == (1, True, True), said
    await asyncio.to_thread(damage, archive, folder / "damaged.tar")
    code, said = await backup(home, "restore", folder / "damaged.tar", "--force")
    assert (code, "is damaged" in said, "take another backup" in said) == (1, True, True), said
    assert contents(home) == before
    code, said = await backup(home, "restore", archive, "--force")
    assert code == 0, said
    (aside,) = contents(home) - before
    assert aside.startswith("replaced-")
    assert contents(home / aside) >= {"data", "keys", "media", "secrets"}


async def test_what_cannot_be_backed_up_or_found_is_said_in_one_sentence(folder):
    for arguments, words in (
        (("create",), "No mesh has ever run on"),
        (("restore", folder / "none.tar"), "`lm backup list` shows"),
    ):
        code, said = await backup(folder / "home", *arguments)
        assert (code, words in said, "Traceback" in said) == (1, True, False), said
    assert await backup(folder / "home", "list") == (0, f"0 archives in {folder / 'home-backups'}\n")
