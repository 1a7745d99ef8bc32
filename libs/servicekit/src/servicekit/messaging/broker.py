"""The connection to NATS: it comes up whenever NATS does, and makes sure the streams exist."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import ConnectionClosedError
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from servicekit.errors import Unavailable

EVENTS = "EVENTS"
DEAD_LETTERS = "DEAD_LETTERS"
_DAY = 24 * 3600
_STREAMS = (
    StreamConfig(
        name=EVENTS,
        description="What happened, from every service's outbox",
        subjects=["user.>", "session.>", "video.>", "comment.>", "rating.>", "planner.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        max_age=14 * _DAY,
        duplicate_window=3600,
    ),
    StreamConfig(
        name=DEAD_LETTERS,
        description="Events a consumer gave up on, with the reason, until they are replayed",
        subjects=["dead.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        max_age=90 * _DAY,
    ),
)
# What a slow subscriber does not take is dropped rather than allowed to fill the process's memory.
_PENDING_MESSAGES = 8192
_PENDING_BYTES = 8 * 1024 * 1024
_SUBSCRIBE_SECONDS = 3.0
_RETRY_SECONDS = 1.0
_FLUSH_SECONDS = 2
log = logging.getLogger(__name__)


def inbox_of(service: str) -> str:
    """Where answers to that service come: apart from those of others, so that a server can keep each to its own."""
    return f"_INBOX.{service}"


class BrokerUnavailable(Unavailable):
    """NATS does not answer."""

    reason = "BROKER_UNAVAILABLE"
    message = "Live updates are not available right now. Ask again in a moment; what was saved is saved."


class Broker:
    """One connection to NATS for the life of a process."""

    def __init__(self, url: str, *, name: str) -> None:
        self._url = url
        self._name = name
        self._client = Client()
        self._connecting = False
        self._ready = asyncio.Event()
        self._reconnected = asyncio.Event()
        self._making_streams: asyncio.Task[None] | None = None
        self.connections = 0
        """How often NATS had to be reached anew; grows when subscriptions have to be made again."""

    async def connect(self) -> None:
        """Connects, waiting as long as it takes, and makes the streams."""
        self._connecting = True
        await self._client.connect(
            self._url,
            name=self._name,
            inbox_prefix=inbox_of(self._name),
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnect,
            reconnected_cb=self._on_reconnect,
            pending_size=16 * 1024 * 1024,
        )
        await self._make_streams()

    async def close(self) -> None:
        """Sends what is buffered and disconnects."""
        if self._making_streams:
            self._making_streams.cancel()
        # Not drain(): it waits half a minute for messages that nobody reads any more.
        if self._client.is_connected:
            with contextlib.suppress(NatsError):
                await self._client.flush(timeout=_FLUSH_SECONDS)
        if self._connecting and not self._client.is_closed:  # before, there is nothing that nats-py could close
            # What is buffered for a server that went away goes with it; asyncio of Python 3.12 and 3.13 says that by a TypeError.
            with contextlib.suppress(ConnectionError, TypeError):
                await self._client.close()

    @property
    def connected(self) -> bool:
        """Whether NATS answers now and the streams exist."""
        return self._ready.is_set() and self._client.is_connected

    async def reconnection(self) -> None:
        """Waits until NATS is reached anew, with subscriptions in force again: messages may have been missed before."""
        await self._reconnected.wait()

    async def jetstream(self) -> JetStreamContext:
        """JetStream, once connected."""
        await self._ready.wait()
        return self._client.jetstream(timeout=5)

    async def publish(self, subject: str, payload: bytes) -> None:
        """Tells whoever listens at this moment; nobody else ever hears of it."""
        await self._client.publish(subject, payload)

    @asynccontextmanager
    async def subscribe(self, subject: str) -> AsyncIterator[AsyncIterator[Msg]]:
        """Messages on `subject` from now on, events included. The subscription is in force when the block begins.

        Raises BrokerUnavailable when NATS has not answered for a few seconds.
        """
        try:
            async with asyncio.timeout(_SUBSCRIBE_SECONDS):
                subscription = await self._subscribe(subject)
        except (TimeoutError, NatsError):
            raise BrokerUnavailable from None
        try:
            yield subscription.messages
        finally:
            # While the process drains, the connection has already ended its subscriptions.
            if not (self._client.is_closed or self._client.is_draining):
                await subscription.unsubscribe()

    async def _subscribe(self, subject: str) -> Subscription:
        await self._ready.wait()
        subscription = await self._client.subscribe(
            subject, pending_msgs_limit=_PENDING_MESSAGES, pending_bytes_limit=_PENDING_BYTES
        )
        try:
            await self._client.flush()
            if not self._client.is_connected:  # then a flush returns as if all were well
                raise ConnectionClosedError
        except BaseException:
            await subscription.unsubscribe()
            raise
        return subscription

    async def _make_streams(self) -> None:
        while not self._ready.is_set():
            try:
                await ensure_streams(self._client.jetstream())
                self._ready.set()
            except (NatsError, TimeoutError) as error:  # NATS answers before its JetStream does
                await self._on_error(error)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _on_disconnect(self) -> None:
        self._ready.clear()

    async def _on_reconnect(self) -> None:
        """The streams are made again as well: NATS may have come back without its disk."""
        self.connections += 1
        self._reconnected.set()
        self._reconnected = asyncio.Event()
        self._making_streams = asyncio.create_task(self._make_streams())

    async def _on_error(self, error: Exception) -> None:
        log.warning("broker connection", extra={"error": repr(error)})


async def ensure_streams(jetstream: JetStreamContext) -> None:
    """Makes the streams that are missing, and adds missing subjects; all else of a stream is its operator's to choose."""
    for config in _STREAMS:
        try:
            present = (await jetstream.stream_info(config.name or "")).config
        except NotFoundError:
            await jetstream.add_stream(config)
            continue
        subjects = set(present.subjects or [])
        if missing := set(config.subjects or []) - subjects:
            await jetstream.update_stream(present.evolve(subjects=sorted(subjects | missing)))


async def connect_once(url: str, *, name: str) -> Client:
    """A connection for a command: fails when NATS does not answer."""

    async def silent(error: Exception) -> None:
        """The exception that `connect` raises says it all; nats-py would print a traceback for each attempt."""

    return await nats.connect(
        url, name=name, connect_timeout=3, max_reconnect_attempts=1, reconnect_time_wait=0, error_cb=silent
    )
