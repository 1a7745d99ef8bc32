"""Databases read back from their dumps: under names of their own first, under the services' names only when all are whole."""

import asyncio

import psycopg
from psycopg import sql

from local_mesh.backup import tools
from local_mesh.backup.errors import NotEmpty
from local_mesh.home import Home
from local_mesh.servers import databases

# JetStream forgets an event after so many days, and inboxes later than that: both count anew from here.
_REMEMBER = "UPDATE inbox SET create_time = now()"


def refuse_present(server: str) -> None:
    """Raises NotEmpty when the server has databases of these names."""
    with psycopg.connect(server, autocommit=True) as connection:
        if present := [service for service in databases.SERVICES if databases.exists(connection, service)]:
            raise NotEmpty(f"The databases {', '.join(present)} on the server of LM_POSTGRES_URL")


async def restore(server: str, service: str, staged: Home) -> None:
    """Read the dump in the staged folder into a new database beside the present one. Raises ToolFailed."""
    name = _restoring(service)
    await asyncio.to_thread(_make_empty, server, service, name, staged)
    await tools.restore(server, name, f"{service}_owner", staged.root / "databases" / f"{service}.dump")
    await asyncio.to_thread(_settle, server, name)


def _make_empty(server: str, service: str, name: str, staged: Home) -> None:
    """Without the grants of provisioning: the dump has them, and the exceptions to them."""
    with psycopg.connect(server, autocommit=True) as connection:
        databases.make_roles(connection, service, staged.credentials)
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        databases.make_database(connection, service, name)


def _settle(server: str, name: str) -> None:
    with psycopg.connect(databases.in_database(server, name), autocommit=True) as connection:
        connection.execute(_REMEMBER)
        connection.execute("ANALYZE")  # a dump says nothing of how the rows are spread


def put_in_place(server: str, stamp: str) -> None:
    """Give the restored databases their names; those that had them before are renamed to NAME_replaced_STAMP."""
    with psycopg.connect(server, autocommit=True) as connection:
        for service in databases.SERVICES:
            if databases.exists(connection, service):
                _rename(connection, service, f"{service}_replaced_{stamp.lower()}")
            _rename(connection, _restoring(service), service)


def _rename(connection: psycopg.Connection, old: str, new: str) -> None:
    statement = sql.SQL("alter database {} rename to {}").format(sql.Identifier(old), sql.Identifier(new))
    connection.execute(statement)


def _restoring(service: str) -> str:
    return f"{service}_restoring"
