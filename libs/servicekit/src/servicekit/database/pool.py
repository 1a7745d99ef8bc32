"""A service's one database: reads in one round trip, writes in one transaction, always as the present caller."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import psycopg
from google.protobuf.message import Message
from opentelemetry.metrics import Observation, get_meter
from psycopg import AsyncClientCursor, AsyncConnection, AsyncCursor
from psycopg.errors import CharacterNotInRepertoire, UntranslatableCharacter
from psycopg.types.json import set_json_loads
from psycopg.types.string import TextLoader
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout
from pydantic_core import from_json

from servicekit.caller import caller_or_none
from servicekit.database.statements import Statement
from servicekit.errors import InvalidArgument, Unavailable
from servicekit.messaging.outbox import INSERT_EVENT, envelope
from servicekit.telemetry.measures import Observed
from servicekit.telemetry.traces import client_span

Row = TypeVar("Row")
Connection = AsyncConnection[tuple[Any, ...]]

# A runaway statement or a forgotten transaction must not hold a connection, let alone a lock, for longer than a call lasts.
_SESSION = (
    "-c timezone=UTC -c statement_timeout=10000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=15000"
)
# The settings live as long as the transaction, so nothing leaks to the next user of a pooled connection.
_SET_CALLER = "SELECT set_config('lm.user_id', %s, true), set_config('lm.role', %s, true)"
_ACQUIRE_SECONDS = 5.0
# The pool's own attempts grow further and further apart; a short limit makes the next question try anew at once.
_RECONNECT_SECONDS = 3.0
# A server that vanished without a word must be noticed in seconds, not in the two hours of TCP's defaults.
_LINK = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
log = logging.getLogger(__name__)
_meter = get_meter("servicekit")
_connections, _most, _pending = Observed(), Observed(), Observed()
_meter.create_observable_up_down_counter(
    "db.client.connection.count", [_connections], unit="{connection}", description="Connections of the pool, by state"
)
_meter.create_observable_up_down_counter(
    "db.client.connection.max", [_most], unit="{connection}", description="Most connections the pool opens"
)
_meter.create_observable_up_down_counter(
    "db.client.connection.pending_requests", [_pending], unit="{request}", description="Who waits for a connection"
)


class DatabaseUnavailable(Unavailable):
    """The database does not answer, or every connection is busy."""

    reason = "DATABASE_UNAVAILABLE"
    message = "The database does not answer. Nothing was saved; try again in a moment."


class TextNotStorable(InvalidArgument):
    """A text holds a character PostgreSQL has no place for, such as NUL."""

    reason = "TEXT_NOT_STORABLE"
    message = "A text holds a character that cannot be stored, such as NUL. Remove it and send the request again."


@contextmanager
def translated() -> Iterator[None]:
    """Turns what a caller may know of a database failure into errors of ours; the rest is a bug and stays as it is."""
    try:
        yield
    except (psycopg.OperationalError, PoolTimeout, PoolClosed) as error:
        log.warning("database does not answer", extra={"error": repr(error)})
        raise DatabaseUnavailable from error
    except psycopg.DataError as error:
        if _is_of_text(error):
            raise TextNotStorable from error
        raise


def _is_of_text(error: psycopg.DataError) -> bool:
    """Whether PostgreSQL, or psycopg before it, has no place for a character; other wrong data is a bug of ours."""
    refused_by_server = isinstance(error, CharacterNotInRepertoire | UntranslatableCharacter)
    return refused_by_server or type(error) is psycopg.DataError


async def prepare_connection(connection: Connection) -> None:
    """UUIDs are text in our domain; psycopg would build an object for each. pydantic reads JSON three times as fast."""
    set_json_loads(from_json, connection)
    connection.adapters.register_loader("uuid", TextLoader)
    connection.prepare_threshold = 2


class Transaction:
    """One open transaction. Only `Database.transaction` makes and ends it."""

    def __init__(self, connection: Connection, source: str) -> None:
        self._connection = connection
        self._source = source

    async def _run(self, statement: Statement[Row], parameters: dict[str, Any]) -> AsyncCursor[Row]:
        with client_span(statement.sql):
            cursor = self._connection.cursor(row_factory=statement.row_factory)
            return await cursor.execute(statement.sql, statement.bind(parameters))

    async def one(self, statement: Statement[Row], **parameters: Any) -> Row | None:
        """The first row, or None."""
        return await (await self._run(statement, parameters)).fetchone()

    async def all(self, statement: Statement[Row], **parameters: Any) -> list[Row]:
        """Every row."""
        return await (await self._run(statement, parameters)).fetchall()

    async def execute(self, statement: Statement[Any], **parameters: Any) -> int:
        """How many rows the statement changed."""
        return (await self._run(statement, parameters)).rowcount

    async def first_time(self, statement: str, consumer: str, event_id: str) -> bool:
        """Whether `consumer` hears of the event for the first time; for `servicekit.messaging.consumer` alone."""
        return (await self._connection.execute(statement, (consumer, event_id))).rowcount == 1

    async def emit(self, subject: str, message: Message, about: str) -> None:
        """Writes an event that is published if, and only if, this transaction commits.

        `subject` is the event's name such as "video.created"; `about` is the id of what it happened to.
        """
        await self._connection.execute(INSERT_EVENT, envelope(subject, message, about, self._source))


class Database:
    """A pool of connections to one database. Opens without waiting: processes start in any order."""

    def __init__(self, url: str, *, name: str, size: int = 8) -> None:
        """`name` is the service's; it names the connections and is the source of its events."""
        self._name = name
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=min(2, size),
            max_size=size,
            open=False,
            timeout=_ACQUIRE_SECONDS,
            max_waiting=1000,
            reconnect_timeout=_RECONNECT_SECONDS,
            configure=prepare_connection,
            kwargs={"autocommit": True, "application_name": name, "options": _SESSION, **_LINK},
        )

    async def open(self) -> None:
        """Starts connecting in the background."""
        _connections.add(self, Database._observed_connections)
        _most.add(self, lambda database: [database._observation(database._pool.max_size)])
        _pending.add(self, lambda database: [database._observation(database._pool.get_stats()["requests_waiting"])])
        await self._pool.open(wait=False)

    def _observed_connections(self) -> Iterator[Observation]:
        stats = self._pool.get_stats()
        idle = stats["pool_available"]
        yield self._observation(idle, **{"db.client.connection.state": "idle"})
        yield self._observation(stats["pool_size"] - idle, **{"db.client.connection.state": "used"})

    def _observation(self, value: int, **attributes: str) -> Observation:
        return Observation(value, {"db.client.connection.pool.name": self._name, **attributes})

    async def close(self) -> None:
        """Waits for what is in flight, then disconnects."""
        await self._pool.close()

    async def ping(self) -> bool:
        """Whether the database answers within a second or so."""
        try:
            async with asyncio.timeout(1.5), self._pool.connection(timeout=1.0) as connection:
                await connection.execute("SELECT 1")
        except (psycopg.Error, PoolTimeout, PoolClosed, TimeoutError):
            return False
        return True

    async def one(self, statement: Statement[Row], **parameters: Any) -> Row | None:
        """The first row as the present caller sees it, or None. One round trip. Raises DatabaseUnavailable."""
        with translated():
            async with self._pool.connection() as connection:
                return await (await self._read(connection, statement, parameters)).fetchone()

    async def all(self, statement: Statement[Row], **parameters: Any) -> list[Row]:
        """Every row as the present caller sees it. One round trip. Raises DatabaseUnavailable."""
        with translated():
            async with self._pool.connection() as connection:
                return await (await self._read(connection, statement, parameters)).fetchall()

    async def execute(self, sql: str) -> None:
        """One statement of housekeeping, outside any call. Raises DatabaseUnavailable."""
        with translated():
            async with self._pool.connection() as connection:
                await connection.execute(sql)

    async def _read(
        self, connection: Connection, statement: Statement[Row], parameters: dict[str, Any]
    ) -> AsyncCursor[Row]:
        cursor = connection.cursor(row_factory=statement.row_factory)
        caller = caller_or_none()
        with client_span(statement.sql):
            if caller is None:
                return await cursor.execute(statement.sql, statement.bind(parameters))
            try:
                # Statements between two syncs of a pipeline are one transaction, so the caller's settings end with it.
                async with connection.pipeline():
                    await connection.execute(_SET_CALLER, (caller.id, caller.role.value))
                    return await cursor.execute(statement.sql, statement.bind(parameters))
            except BaseException:
                _discard_if_stuck(connection)
                raise

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """One transaction as the present caller; commits at the end, rolls back on any exception.

        Raises DatabaseUnavailable, TextNotStorable. When the commit itself is cut off, nobody knows whether it happened:
        that is why creates take a request id.
        """
        with translated():
            async with self._pool.connection() as connection:
                await _begin(connection)
                try:
                    yield Transaction(connection, self._name)
                except BaseException:
                    await connection.rollback()
                    raise
                await connection.commit()

    def connection_parameters(self) -> dict[str, Any]:
        """For the few who need a connection of their own, such as a listener."""
        return {"conninfo": self._pool.conninfo, "autocommit": True, "application_name": self._name, **_LINK}


def _discard_if_stuck(connection: Connection) -> None:
    """Closes a connection that was left in its pipeline, for the pool to replace; nobody could begin a transaction on it.

    psycopg gives other tasks a turn between entering the mode and being bound to leave it: a call that ends there, because its
    deadline is over or its client is gone, leaves it on.
    """
    if connection.pgconn.pipeline_status:
        connection.pgconn.finish()


async def _begin(connection: Connection) -> None:
    caller = caller_or_none()
    identity = (caller.id, caller.role.value) if caller else ("", "")
    # A client-side cursor sends both statements in one round trip.
    await AsyncClientCursor(connection).execute(f"BEGIN; {_SET_CALLER}", identity)
