"""A backup of databases on a server of one's own: put back beside what is there, which is renamed and not lost."""

import asyncio

import psycopg
import pytest

from local_mesh import keys
from local_mesh.addresses import API_SERVICES
from local_mesh.backup.create import create
from local_mesh.backup.errors import NotEmpty
from local_mesh.backup.progress import Narrator
from local_mesh.backup.restore import restore
from local_mesh.home import Home
from local_mesh.ports import free_ports
from local_mesh.servers import databases
from local_mesh.servers.postgres import Postgres
from local_mesh.settings import MeshSettings
from servicekit import migrate

NAMES = "select datname from pg_database where not datistemplate and datname <> 'postgres' order by 1"


@pytest.fixture
async def server(run, tmp_path, credentials):
    postgres = Postgres(tmp_path / "outside", tmp_path / "initdb.log", free_ports(1)[0], credentials, durable=False)
    async with run(postgres.process()):
        yield postgres.url


def fill(server, home):
    """The databases as a mesh on the folder would have left them, with one row nobody but the services may see."""
    home.make()
    keys.make_keys(home.keys, API_SERVICES)
    databases.provision(server, home.credentials)
    for service in databases.SERVICES:
        migrate.upgrade(service, databases.urls(server, service, home.credentials).owner)
    with psycopg.connect(databases.in_database(server, "planner")) as connection:
        connection.execute("insert into feeds values (gen_random_uuid(), 'x', now())")


def names(server):
    with psycopg.connect(server) as connection:
        return [name for (name,) in connection.execute(NAMES).fetchall()]


def feeds(server, database="planner"):
    with psycopg.connect(databases.in_database(server, database)) as connection:
        return connection.execute("select count(*) from feeds").fetchone()[0]


async def test_what_is_there_is_refused_and_with_force_renamed(server, tmp_path):
    home, other, narrator = Home(tmp_path / "home"), Home(tmp_path / "other"), Narrator()
    await asyncio.to_thread(fill, server, home)
    archive = await create(MeshSettings(home=home.root, postgres_url=server), tmp_path / "kept", narrator)
    with psycopg.connect(databases.in_database(server, "planner")) as connection:
        connection.execute("delete from feeds")

    settings = MeshSettings(home=other.root, postgres_url=server)
    with pytest.raises(NotEmpty, match="databases auth, content, community, planner on the server of LM_POSTGRES_URL"):
        await restore(settings, archive, narrator, force=False)
    assert names(server) == sorted(databases.SERVICES)
    assert not other.restoring.exists()

    assert await restore(settings, archive, narrator, force=True) is None
    assert feeds(server) == 1
    (renamed,) = (name for name in names(server) if name.startswith("planner_replaced_"))
    assert feeds(server, renamed) == 0
    assert len(names(server)) == 2 * len(databases.SERVICES)
    with psycopg.connect(
        databases.urls(server, "planner", other.credentials).app
    ) as connection:  # the archive's password
        assert connection.execute("select count(*) from feeds").fetchone() == (0,)
