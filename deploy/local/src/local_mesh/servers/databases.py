"""One database per service, each with a runtime role and an owner role, and nothing for anybody else."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from local_mesh.credentials import Credentials

SERVICES = ("auth", "content", "community", "planner")

# What is made here can be made again, and whatever is saved later is flushed after it: no commit need wait for the disk.
UNHURRIED = "-c synchronous_commit=off"
_PROVISIONING_LOCK = 0x6C6D  # any number of our own
_ROLE_SETTINGS = {"statement_timeout": "30s", "idle_in_transaction_session_timeout": "60s"}
_GRANTS = (
    "revoke all on schema public from public",
    "grant usage on schema public to {runtime}",
    "alter default privileges for role {owner} revoke execute on functions from public",
    "{inside} grant select, insert, update, delete on tables to {runtime}",
    "{inside} grant usage, select on sequences to {runtime}",
    "{inside} grant execute on functions to {runtime}",
)
_INSIDE = "alter default privileges for role {owner} in schema public"


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """How a service reaches its database: `app` may read and write rows, `owner` changes the schema."""

    app: str = field(repr=False)
    owner: str = field(repr=False)


def urls(server: str, service: str, credentials: Credentials, database: str | None = None) -> DatabaseUrls:
    """The URLs of a service's database on the server that the superuser's URL names."""
    database = database or service
    return DatabaseUrls(
        app=_as(server, service, credentials, database), owner=_as(server, f"{service}_owner", credentials, database)
    )


def provision(server: str, credentials: Credentials, services: Iterable[str] = SERVICES) -> None:
    """Make what is missing: roles, databases, grants. Passwords are set anew, so a lost secret file heals itself."""
    with psycopg.connect(server, autocommit=True, options=UNHURRIED) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_PROVISIONING_LOCK,))  # until this connection closes
        for service in services:
            make_roles(connection, service, credentials)
            if not exists(connection, service):
                make_database(connection, service, service)
                with psycopg.connect(in_database(server, service), autocommit=True, options=UNHURRIED) as inside:
                    grant(inside, service)


def make_roles(connection: psycopg.Connection, service: str, credentials: Credentials) -> None:
    """The service's two login roles; the passwords reach the server as SCRAM verifiers, never in the clear.

    Not safe beside another connection that does the same: hold a lock.
    """
    for role in (service, f"{service}_owner"):
        if not connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone():
            created = "create role {} login nosuperuser nocreatedb nocreaterole nobypassrls"
            connection.execute(sql.SQL(created).format(sql.Identifier(role)))
        verifier = connection.pgconn.encrypt_password(
            credentials.password(role).encode(), role.encode(), b"scram-sha-256"
        )
        changed = sql.SQL("alter role {} password {}")
        connection.execute(changed.format(sql.Identifier(role), sql.Literal(verifier.decode())))
    for name, value in _ROLE_SETTINGS.items():
        limited = sql.SQL("alter role {} set {} = {}")
        connection.execute(limited.format(sql.Identifier(service), sql.Identifier(name), sql.Literal(value)))


def make_database(connection: psycopg.Connection, service: str, database: str, template: str = "template0") -> None:
    """A database owned by the service's owner role, which only its two roles may enter."""
    names = _names(service) | {"database": sql.Identifier(database), "template": sql.Identifier(template)}
    for statement in (
        # A provisioning role that is no superuser must belong to a role to make it an owner.
        "grant {owner} to current_user",
        "create database {database} owner {owner} template {template}",
        "revoke all on database {database} from public",
        "grant connect on database {database} to {runtime}",
    ):
        connection.execute(sql.SQL(statement).format(**names))


def grant(connection: psycopg.Connection, service: str) -> None:
    """Inside the service's database: rows for the runtime role, the schema for the owner, nothing for the public."""
    names = _names(service)
    names["inside"] = sql.SQL(_INSIDE).format(**names)
    for statement in _GRANTS:
        connection.execute(sql.SQL(statement).format(**names))


def exists(connection: psycopg.Connection, database: str) -> bool:
    """Whether the server has a database of that name."""
    return connection.execute("select 1 from pg_database where datname = %s", (database,)).fetchone() is not None


def in_database(server: str, database: str) -> str:
    """The same URL, another database."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


def _names(service: str) -> dict[str, sql.Composable]:
    return {"runtime": sql.Identifier(service), "owner": sql.Identifier(f"{service}_owner")}


def _as(server: str, role: str, credentials: Credentials, database: str) -> str:
    parts = urlsplit(server)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(credentials.password(role))}@{host}", path=f"/{database}"))
