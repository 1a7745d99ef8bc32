"""Applies events: exactly once in effect, through redelivery, restarts of the broker, and failures of our own."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError, Message
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import NotFoundError
from opentelemetry.metrics import get_meter
from opentelemetry.trace import SpanKind

from servicekit.caller import Caller, acting_as
from servicekit.cancellation import cancelled
from servicekit.database.pool import Database, DatabaseUnavailable, Transaction
from servicekit.errors import Unavailable
from servicekit.messaging.broker import EVENTS, Broker
from servicekit.messaging.dead_letters import park
from servicekit.telemetry.measures import SECONDS
from servicekit.telemetry.traces import continued, mark_failed

Apply = Callable[[Any, Transaction], Awaitable[None]]
_FETCH_SECONDS = 5.0
_ACK_WAIT_SECONDS = 30.0
_RETRY_SECONDS = (1.0, 5.0, 30.0, 120.0, 600.0)
_HEARD = "INSERT INTO inbox (consumer, event_id) VALUES (%s, %s) ON CONFLICT DO NOTHING"
# JetStream forgets events after 14 days; until then an id must be remembered.
_FORGET = "DELETE FROM inbox WHERE create_time < now() - interval '15 days'"
_FORGET_EVERY_SECONDS = 3600.0
log = logging.getLogger(__name__)
_duration = get_meter("servicekit").create_histogram(
    "messaging.process.duration",
    unit="s",
    description="How long it took to apply an event, or to fail at it",
    explicit_bucket_boundaries_advisory=SECONDS,
)


@dataclass(frozen=True, slots=True)
class Handler:
    """What to do with the events of one subject."""

    subject: str
    message: type[Message]
    apply: Apply


def on(subject: str, message: type[Message], apply: Apply) -> Handler:
    """`apply(event, transaction)` for each event on `subject`; it must do all its writing in the transaction."""
    return Handler(subject, message, apply)


class Consumer:
    """A durable subscription of one service. Acknowledges after the transaction commits.

    A failure is retried with growing delays (`retry_seconds`), then parked among the dead letters with its reason; what
    cannot even be decoded is parked at once. Waiting for the database, or for what else a handler finds Unavailable, is not a
    failure and is retried for ever.
    """

    def __init__(
        self,
        broker: Broker,
        database: Database,
        *,
        durable: str,
        handlers: Sequence[Handler],
        retry_seconds: Sequence[float] = _RETRY_SECONDS,
    ) -> None:
        self._broker = broker
        self._database = database
        self._durable = durable
        self._handlers = {handler.subject: handler for handler in handlers}
        self._retry_seconds = tuple(retry_seconds)

    async def run(self) -> None:
        """Applies events until cancelled. Binds again whenever the broker was away: nats-py does not by itself."""
        while not cancelled():
            try:
                # A task of its own: on the one whose group fails Python 3.11 leaves the mark of a cancellation.
                await asyncio.create_task(self._work())
            except* (NatsError, OSError, TimeoutError, DatabaseUnavailable) as error:
                log.warning("consumer interrupted", extra={"consumer": self._durable, "error": repr(error.exceptions)})
                await asyncio.sleep(1.0)

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._consume())
            group.create_task(self._forget())

    async def _consume(self) -> None:
        while not cancelled():
            connection = self._broker.connections
            jetstream = await self._broker.jetstream()
            await ensure_consumer(jetstream, self._durable, self._handlers)
            subscription = await jetstream.pull_subscribe_bind(durable=self._durable, stream=EVENTS)
            # A subscription does not outlive its connection (nats.py#504): after a reconnection, bind again.
            while self._broker.connections == connection and not cancelled():
                with contextlib.suppress(TimeoutError):
                    for message in await subscription.fetch(batch=32, timeout=_FETCH_SECONDS):
                        await self._settle(message, jetstream)

    async def _settle(self, message: Msg, jetstream: JetStreamContext) -> None:
        headers = message.headers or {}
        attributes = {
            "messaging.system": "nats",
            "messaging.destination.name": message.subject,
            "messaging.consumer.group.name": self._durable,
        }
        began = time.perf_counter()
        with continued(headers, f"process {message.subject}", SpanKind.CONSUMER, **attributes) as span:
            try:
                await self.apply(message)
            except Exception as error:
                failure = error.reason if isinstance(error, Unavailable) else type(error).__name__
                attributes["error.type"] = failure
                mark_failed(span, failure)
                await self._put_off(message, jetstream, error)
            else:
                await message.ack()
        _duration.record(time.perf_counter() - began, attributes)

    async def _put_off(self, message: Msg, jetstream: JetStreamContext, error: Exception) -> None:
        """What becomes of an event that could not be applied now."""
        if isinstance(error, DatabaseUnavailable):
            await message.nak(delay=self._retry_seconds[0])
        elif isinstance(error, Unavailable):
            await self._wait(message, error)
        elif isinstance(error, DecodeError):
            await self._park(message, jetstream, error)
        else:
            await self._retry_or_park(message, jetstream, error)

    async def apply(self, message: Msg) -> None:
        """One event in one transaction; an event heard before changes nothing."""
        handler = self._handlers[message.subject]
        event = handler.message.FromString(message.data)
        event_id = (message.headers or {})["ce-id"]
        with acting_as(Caller.service(self._durable)):
            async with self._database.transaction() as transaction:
                if await transaction.first_time(_HEARD, self._durable, event_id):
                    await handler.apply(event, transaction)

    async def _wait(self, message: Msg, error: Unavailable) -> None:
        """What a handler needs is away: the event waits for it, however long, and is tried more and more seldom."""
        attempt = message.metadata.num_delivered
        extra = {"consumer": self._durable, "subject": message.subject, "attempt": attempt, "reason": error.reason}
        log.warning("event waits", extra=extra)
        await message.nak(delay=self._retry_seconds[min(attempt, len(self._retry_seconds)) - 1])

    async def _retry_or_park(self, message: Msg, jetstream: JetStreamContext, error: Exception) -> None:
        attempt = message.metadata.num_delivered
        extra = {"consumer": self._durable, "subject": message.subject, "attempt": attempt}
        log.exception("event not applied", extra=extra)
        if attempt > len(self._retry_seconds):
            await self._park(message, jetstream, error)
        else:
            await message.nak(delay=self._retry_seconds[attempt - 1])

    async def _park(self, message: Msg, jetstream: JetStreamContext, error: Exception) -> None:
        await park(jetstream, message, consumer=self._durable, reason=repr(error))
        await message.term()

    async def _forget(self) -> None:
        while True:
            await self._database.execute(_FORGET)
            await asyncio.sleep(_FORGET_EVERY_SECONDS)


async def ensure_consumer(jetstream: JetStreamContext, durable: str, subjects: Iterable[str]) -> None:
    """Makes the durable consumer, or gives it these subjects. Where it is there and has them, no right to make one is needed."""
    wanted = sorted(subjects)
    if await _present(jetstream, durable) != wanted:
        await jetstream.add_consumer(
            EVENTS,
            ConsumerConfig(
                durable_name=durable,
                filter_subjects=wanted,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=_ACK_WAIT_SECONDS,
                max_deliver=-1,
            ),
        )


async def _present(jetstream: JetStreamContext, durable: str) -> list[str] | None:
    """The subjects of a consumer; None where there is none."""
    try:
        config = (await jetstream.consumer_info(EVENTS, durable)).config
    except NotFoundError:
        return None
    return sorted(config.filter_subjects or [config.filter_subject or ">"])
