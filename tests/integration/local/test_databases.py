"""Each service has its database, its two roles, and no way into the database of another."""

import secrets

import psycopg
import pytest

from local_mesh.credentials import Credentials
from local_mesh.migration import wait_for_server
from local_mesh.servers import databases


@pytest.fixture
def service():
    """A name of its own: roles are shared by all tests of the server."""
    return f"guest_{secrets.token_hex(4)}"


@pytest.fixture
def urls(backing, service, tmp_path):
    credentials = Credentials(tmp_path)
    databases.provision(backing.postgres_url, credentials, [service])
    yield databases.urls(backing.postgres_url, service, credentials)
    with psycopg.connect(backing.postgres_url, autocommit=True) as connection:
        connection.execute(f"drop database {service} with (force)")


def test_provisioning_twice_keeps_the_data(backing, service, urls, tmp_path):
    with psycopg.connect(urls.owner) as connection:
        connection.execute("create table kept (id int)")
    databases.provision(backing.postgres_url, Credentials(tmp_path), [service])
    with psycopg.connect(urls.app) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (0,)


def test_the_runtime_role_reads_and_writes_rows_of_tables_the_owner_makes(urls):
    with psycopg.connect(urls.owner) as connection:
        connection.execute("create table things (id serial primary key, text text)")
    with psycopg.connect(urls.app) as connection:
        connection.execute("insert into things (text) values ('a')")
        connection.execute("update things set text = 'b'")
        assert connection.execute("delete from things returning text").fetchone() == ("b",)


def test_the_runtime_role_cannot_change_the_schema_or_its_rights(urls):
    with psycopg.connect(urls.owner) as connection:
        connection.execute("create table guarded (id int)")
    for statement in (
        "create table mine (id int)",
        "create temporary table mine (id int)",
        "create schema mine",
        "create role mine",
        "alter role current_user bypassrls",
        "truncate guarded",
        "alter table guarded disable row level security",
        "copy guarded from program 'true'",
    ):
        with psycopg.connect(urls.app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_no_role_can_enter_the_database_of_another_service(backing, service, urls, tmp_path):
    other = f"{service}_neighbour"
    databases.provision(backing.postgres_url, Credentials(tmp_path), [other])
    for url in (urls.app, urls.owner):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(databases.in_database(url, other))


def test_a_lost_password_file_is_made_anew_and_works(backing, service, urls, tmp_path):
    anew = Credentials(tmp_path / "anew")
    databases.provision(backing.postgres_url, anew, [service])
    psycopg.connect(databases.urls(backing.postgres_url, service, anew).app).close()


def test_an_external_server_needs_only_a_role_that_may_create_roles_and_databases(backing, service, tmp_path):
    with psycopg.connect(backing.postgres_url, autocommit=True) as connection:
        connection.execute(f"create role {service}_maker login createrole createdb password 'maker'")
    server = f"postgresql://{service}_maker:maker@{backing.postgres_url.partition('@')[2]}"
    credentials = Credentials(tmp_path)
    databases.provision(server, credentials, [service])
    made = databases.urls(server, service, credentials)
    with psycopg.connect(made.owner) as connection:
        connection.execute("create table visits (id int)")
    with psycopg.connect(made.app) as connection:
        connection.execute("insert into visits values (1)")


def test_what_the_migration_waits_for_is_in_its_log(capsys, closed_port):
    with pytest.raises(psycopg.OperationalError):
        wait_for_server(f"postgresql://me:secret@127.0.0.1:{closed_port}/postgres", seconds=0)
    said = capsys.readouterr().err
    assert said.startswith("PostgreSQL does not answer yet: ")
    assert "refused" in said
    assert "secret" not in said
