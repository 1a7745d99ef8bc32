"""Publishes the outbox. One relay a database leads at a time, so events leave in the order they were written."""

import asyncio
import logging

import psycopg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from opentelemetry.metrics import get_meter
from opentelemetry.trace import SpanKind
from psycopg.rows import class_row

from servicekit.cancellation import cancelled
from servicekit.database.pool import Connection, Database, prepare_connection
from servicekit.messaging.backlog import Backlog
from servicekit.messaging.broker import Broker
from servicekit.messaging.outbox import CHANNEL, DELETE_EVENTS, SELECT_EVENTS, OutboxEvent
from servicekit.telemetry.traces import continued, trace_headers

_BATCH = 200
_POLL_SECONDS = 5.0
_BACKOFF_SECONDS = 1.0
_FOLLOW_SECONDS = 1.0
# Any number will do as long as nothing else takes it as an advisory lock in the same database.
_LEADER = 0x6F7574626F78
log = logging.getLogger(__name__)
_sent = get_meter("servicekit").create_counter(
    "messaging.client.sent.messages", unit="{message}", description="Events published from the outbox"
)


class Relay:
    """Outbox → JetStream. A crash between publishing and deleting publishes again; JetStream drops the repeat by its id."""

    def __init__(self, broker: Broker, database: Database) -> None:
        self._broker = broker
        self._database = database

    async def run(self) -> None:
        """Publishes until cancelled, through outages of either side."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._publish())
            group.create_task(Backlog(self._broker, self._database).watch())

    async def _publish(self) -> None:
        while not cancelled():
            try:
                await self._lead()
            except (psycopg.Error, NatsError, OSError, TimeoutError) as error:
                log.warning("relay interrupted", extra={"error": repr(error)})
                await asyncio.sleep(_BACKOFF_SECONDS)

    async def _lead(self) -> None:
        jetstream = await self._broker.jetstream()
        connection = await psycopg.AsyncConnection.connect(**self._database.connection_parameters())
        async with connection:
            await prepare_connection(connection)
            while not await _leads(connection):  # noqa: ASYNC110  # PostgreSQL sets no event of ours
                await asyncio.sleep(_FOLLOW_SECONDS)
            await connection.execute(f"LISTEN {CHANNEL}")
            while not cancelled():
                while not cancelled() and await publish_batch(connection, jetstream):
                    pass
                async for _ in connection.notifies(timeout=_POLL_SECONDS, stop_after=1):
                    pass


async def _leads(connection: Connection) -> bool:
    """Whether this connection is the leader's. Asked again and again: waiting in a statement would hold back VACUUM."""
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (_LEADER,))
    return await cursor.fetchone() == (True,)


async def publish_batch(connection: Connection, jetstream: JetStreamContext) -> int:
    """Publishes the oldest events and deletes them once JetStream has stored them. Returns how many."""
    async with connection.cursor(row_factory=class_row(OutboxEvent)) as cursor:
        await cursor.execute(SELECT_EVENTS, {"limit": _BATCH})
        events = await cursor.fetchall()
    if events:
        await asyncio.gather(*(_publish(jetstream, event) for event in events))
        await connection.execute(DELETE_EVENTS, {"positions": [event.position for event in events]})
    return len(events)


async def _publish(jetstream: JetStreamContext, event: OutboxEvent) -> None:
    headers = event.headers()
    attributes = {
        "messaging.system": "nats",
        "messaging.destination.name": event.subject,
        "messaging.message.id": event.id,
    }
    with continued(headers, f"publish {event.subject}", SpanKind.PRODUCER, **attributes):
        await jetstream.publish(event.subject, event.payload, headers=headers | trace_headers())
    _sent.add(1, {name: attributes[name] for name in ("messaging.system", "messaging.destination.name")})
