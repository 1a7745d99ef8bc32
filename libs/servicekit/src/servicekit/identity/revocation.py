"""Sessions that ended before their access tokens expire: told to every process through a NATS key-value bucket."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import BucketNotFoundError
from nats.js.kv import KeyValue

from servicekit.messaging.broker import Broker

BUCKET = "revoked_sessions"
TTL_SECONDS = 660.0
"""How long a session is remembered: an access token's ten minutes, and one for clocks that differ."""

_CONFIRM_SECONDS = 5.0
_LOOK_SECONDS = 1.0
_RETRY_SECONDS = 0.5
log = logging.getLogger(__name__)


class RevokedSessions:
    """The ids of sessions whose tokens are refused; each is forgotten when no token of it can be valid any more."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._until: dict[str, float] = {}

    def __contains__(self, session_id: object) -> bool:
        return session_id in self._until

    def __len__(self) -> int:
        return len(self._until)

    def add(self, session_id: str) -> None:
        """Remember one more, and forget those that are old enough."""
        now = self._now()
        self._until.setdefault(session_id, now + TTL_SECONDS)
        # In the order of their coming, so the oldest are in front.
        while (oldest := next(iter(self._until))) != session_id and self._until[oldest] <= now:
            del self._until[oldest]


async def revoke_session(broker: Broker, session_id: str) -> None:
    """Tells every process that tokens of the session are to be refused; a repeat changes nothing.

    Raises nats.errors.Error or TimeoutError when NATS did not confirm it: then it must be told again.
    """
    async with asyncio.timeout(_CONFIRM_SECONDS):
        sessions = await bucket(await broker.jetstream())
        await sessions.put(session_id, b"")


async def watch_revocations(broker: Broker, revoked: RevokedSessions) -> None:
    """Keeps `revoked` up to date until cancelled: the whole bucket first, then each new entry, anew after each reconnection.

    While NATS is away nothing new is heard: tokens then work until they expire, ten minutes at most. Refusing every caller
    instead would turn an outage of the broker into one of the whole system.
    """
    while True:
        try:
            await _follow(broker, revoked)
        except (NatsError, OSError, TimeoutError) as error:
            log.warning("revocations interrupted", extra={"error": repr(error)})
            await asyncio.sleep(_RETRY_SECONDS)


async def _follow(broker: Broker, revoked: RevokedSessions) -> None:
    connection = broker.connections
    sessions = await bucket(await broker.jetstream())
    watcher = await sessions.watchall()
    try:
        while broker.connections == connection:
            with contextlib.suppress(TimeoutError):
                if entry := await watcher.updates(timeout=_LOOK_SECONDS):  # type: ignore[no-untyped-call]  # nats-py's
                    revoked.add(entry.key)
    finally:
        with contextlib.suppress(NatsError):  # the connection may be gone, and the watch with it
            await watcher.stop()  # type: ignore[no-untyped-call]  # nats-py's


async def bucket(jetstream: JetStreamContext) -> KeyValue:
    """The bucket, made where it is missing."""
    try:
        return await jetstream.key_value(BUCKET)
    except BucketNotFoundError:
        return await jetstream.create_key_value(bucket=BUCKET, ttl=TTL_SECONDS, description="Sessions that were ended")
