"""A backup of databases on a server of one's own: put back beside what is there, which is renamed and not lost."""

import asyncio
import fcntl
import os
import signal
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from local_mesh import keys
from local_mesh.addresses import API_SERVICES
from local_mesh.backup.create import create
from local_mesh.backup.errors import BackupRuns, NotEmpty
from local_mesh.backup.progress import Narrator
from local_mesh.backup.reader import read_manifest
from local_mesh.backup.restore import restore
from local_mesh.backup.servers import jetstream, started
from local_mesh.home import Home
from local_mesh.ports import free_ports
from local_mesh.servers import databases
from local_mesh.servers.postgres import Postgres
from local_mesh.settings import MeshSettings
from servicekit import migrate
from servicekit.messaging.broker import DEAD_LETTERS, EVENTS
from servicekit.messaging.saved import SavedEvent, messages, put_back

FILMS = ("media/1/video.mp4", ".media-withdrawn/2/video.mp4")
NAMES = "select datname from pg_database where not datistemplate and datname <> 'postgres' order by 1"


@pytest.fixture
async def server(run, credentials):
    # Not below pytest's own folder, which each session closes to PostgreSQL's user.
    with tempfile.TemporaryDirectory(prefix="lm-test-") as name:
        folder = Path(name)
        postgres = Postgres(folder / "data", folder / "initdb.log", free_ports(1)[0], credentials, durable=False)
        async with run(postgres.process()):
            yield postgres.url


def fill(server, home):
    """The databases as a mesh on the folder would have left them, with one row nobody but the services may see."""
    home.make()
    for film in FILMS:
        (home.root / film).parent.mkdir(parents=True)
        (home.root / film).write_bytes(b"a film")
    keys.make_keys(home.keys, API_SERVICES)
    databases.provision(server, home.credentials)
    for service in databases.SERVICES:
        migrate.upgrade(service, databases.urls(server, service, home.credentials).owner)
    with psycopg.connect(databases.in_database(server, "planner")) as connection:
        connection.execute("insert into feeds values (gen_random_uuid(), 'x', now())")
        connection.execute("insert into inbox values ('planner', gen_random_uuid(), now() - interval '20 days')")


async def streamed(home, settings):
    """What the folder's own NATS holds."""
    async with started(home, settings) as servers, jetstream(servers.nats) as stream:
        streams = [messages(stream, name, 0, 9) for name in (EVENTS, DEAD_LETTERS)]
        return [event for each in streams async for event in each]


def names(server):
    with psycopg.connect(server) as connection:
        return [name for (name,) in connection.execute(NAMES).fetchall()]


def feeds(server, database="planner"):
    with psycopg.connect(databases.in_database(server, database)) as connection:
        return connection.execute("select count(*) from feeds").fetchone()[0]


async def test_what_is_there_is_refused_and_with_force_renamed(server, tmp_path):
    home, other, narrator = Home(tmp_path / "home"), Home(tmp_path / "other"), Narrator()
    await asyncio.to_thread(fill, server, home)
    settings = MeshSettings(home=home.root, postgres_url=server)
    events = [
        SavedEvent(f"{kind}video.deleted", {"Nats-Msg-Id": kind, "ce-id": "1"}, b"\0x") for kind in ("", "dead.me.")
    ]
    async with started(home, settings) as servers, jetstream(servers.nats) as stream:
        for event in events:
            await put_back(stream, event)
    archive = await create(settings, tmp_path / "kept", narrator)
    manifest = read_manifest(archive)
    assert (manifest.events, manifest.dead_letters) == (1, 1)
    with psycopg.connect(databases.in_database(server, "planner")) as connection:
        connection.execute("delete from feeds")

    settings = MeshSettings(home=other.root, postgres_url=server)
    with pytest.raises(NotEmpty, match="databases auth, content, community, planner on the server of LM_POSTGRES_URL"):
        await restore(settings, archive, narrator, force=False)
    assert names(server) == sorted(databases.SERVICES)
    assert not other.restoring.exists()
    await killed_while_restoring(server, other, archive)

    assert await restore(settings, archive, narrator, force=True) is None
    assert feeds(server) == 1
    (renamed,) = (name for name in names(server) if name.startswith("planner_replaced_"))
    assert feeds(server, renamed) == 0
    assert len(names(server)) == 2 * len(databases.SERVICES)
    with psycopg.connect(
        databases.urls(server, "planner", other.credentials).app
    ) as connection:  # the archive's password
        assert connection.execute("select count(*) from feeds").fetchone() == (0,)
        # It lies in the stream anew, so it must be known for as long as that keeps it.
        old = "select count(*) from inbox where create_time < now() - interval '1 day'"
        assert connection.execute(old).fetchone() == (0,)
    assert await streamed(other, settings) == events
    assert all((other.root / film).is_file() for film in FILMS)


async def killed_while_restoring(server, home, archive):
    """It leaves what there was, and a folder that keeps a mesh from starting; the next restore begins anew."""
    environment = os.environ | {"LM_HOME": str(home.root), "LM_POSTGRES_URL": server}
    command = (sys.executable, "-m", "local_mesh.cli")
    process = await asyncio.create_subprocess_exec(
        *command, "backup", "restore", str(archive), "--force", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    while "auth_restoring" not in names(server):
        await asyncio.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert set(names(server)) >= set(databases.SERVICES)
    assert feeds(server) == 0
    up = await asyncio.create_subprocess_exec(*command, "up", env=environment, stderr=asyncio.subprocess.PIPE)
    _, said = await up.communicate()
    assert (up.returncode, b"was cut off. Run it again" in said) == (1, True)


async def test_a_second_backup_of_the_same_mesh_is_refused_while_the_first_is_made(tmp_path):
    home = Home(tmp_path / "home")
    home.make()
    with (home.run / "backup.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackupRuns, match="Wait until it ends"):
            await create(MeshSettings(home=home.root), tmp_path / "kept", Narrator())
