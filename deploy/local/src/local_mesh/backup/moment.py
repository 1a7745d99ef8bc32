"""One instant of all databases and of the events between them, kept in view while it is being written down.

Every change that other services hear of inserts into an outbox. While all outboxes are locked against that, for some
milliseconds, nothing is told and nothing told is forgotten: what had been published by then is in the stream, and all else
is in the outboxes. Snapshots taken then show databases that agree with each other and with that end of the stream.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from nats.js import JetStreamContext
from psycopg import errors

from local_mesh.backup.errors import DatabasesBusy, RowsHidden
from local_mesh.backup.manifest import Database
from local_mesh.servers import databases
from servicekit.messaging.saved import heard_by_all, last_sequence

_ATTEMPTS = 10
_HOLD = "BEGIN; SET LOCAL lock_timeout = '2s'; LOCK TABLE outbox IN SHARE MODE"
_LOOK = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0"
_SNAPSHOT = "SELECT pg_export_snapshot(), version_num, pg_database_size(current_database()) FROM alembic_version"
_SEES_ALL = "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
Connection = psycopg.AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant. `snapshots` are pg_export_snapshot()'s; events above `heard` up to `last` are still to be heard."""

    time: datetime
    postgres: str
    snapshots: Mapping[str, str]
    databases: Mapping[str, Database]
    heard: int
    last: int


@asynccontextmanager
async def moment(server: str, jetstream: JetStreamContext, names: Mapping[str, str]) -> AsyncIterator[Moment]:
    """The present instant of the databases, whose snapshots last as long as the block. `names` maps services to databases.

    Raises RowsHidden for a role that row-level security applies to, DatabasesBusy when writers leave no gap.
    """
    heard = await heard_by_all(jetstream)  # before: what was acknowledged by now was saved by now
    async with AsyncExitStack() as stack:
        looking = {name: await _connected(stack, databases.in_database(server, names[name])) for name in names}
        for connection in looking.values():
            await _refuse_half_sight(connection)
        yield await _taken(server, jetstream, names, looking, heard)


async def _taken(
    server: str, jetstream: JetStreamContext, names: Mapping[str, str], looking: Mapping[str, Connection], heard: int
) -> Moment:
    async with _held(server, names):
        last, now = await last_sequence(jetstream), datetime.now(UTC)
        seen = {name: await _snapshot(connection) for name, connection in looking.items()}
    version = next(iter(looking.values())).info.server_version
    return Moment(
        time=now,
        postgres=f"{version // 10_000}.{version % 10_000}",
        snapshots={name: snapshot for name, (snapshot, _, _) in seen.items()},
        databases={name: Database(revision, size) for name, (_, revision, size) in seen.items()},
        heard=heard,
        last=last,
    )


@asynccontextmanager
async def _held(server: str, names: Mapping[str, str]) -> AsyncIterator[None]:
    """All outboxes locked at once. Lets go and tries again when one is not to be had: writers must not wait for long."""
    async with AsyncExitStack() as stack:
        holding = [await _connected(stack, databases.in_database(server, name)) for name in names.values()]
        for _ in range(_ATTEMPTS):
            try:
                for connection in holding:
                    await connection.execute(_HOLD)
            except errors.LockNotAvailable:
                await asyncio.gather(*(connection.execute("ROLLBACK") for connection in holding))
            else:
                yield
                return
        raise DatabasesBusy


async def _connected(stack: AsyncExitStack, url: str) -> Connection:
    return await stack.enter_async_context(await psycopg.AsyncConnection.connect(url, autocommit=True))


async def _refuse_half_sight(connection: Connection) -> None:
    role, sees_all = await (await connection.execute(_SEES_ALL)).fetchone() or ("", False)
    if not sees_all:
        raise RowsHidden(role)


async def _snapshot(connection: Connection) -> tuple[str, str, int]:
    await connection.execute(_LOOK)
    snapshot, revision, size = await (await connection.execute(_SNAPSHOT)).fetchone() or ("", "", 0)
    return snapshot, revision, size
