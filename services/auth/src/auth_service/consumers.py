"""What the worker takes up: mails that are due, and sessions that ended."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from littlemonster.auth.v1.auth_events_pb2 import SessionRevoked
from servicekit.database import Database, DatabaseUnavailable, Transaction
from servicekit.identity.revocation import revoke_session
from servicekit.messaging.broker import Broker
from servicekit.messaging.consumer import Consumer, on

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.5
_PAUSE_SECONDS = 2.0


class MailQueue:
    """Looks for due mails twice a second. A mail is taken off the queue by its saved outcome, never by its reading."""

    def __init__(
        self,
        deliver_due: Callable[[], Awaitable[int]],
        *,
        poll_seconds: float = _POLL_SECONDS,
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        """`deliver_due` tries one batch and answers how many mails were in it."""
        self._deliver_due = deliver_due
        self._poll_seconds = poll_seconds
        self._pause_seconds = pause_seconds

    async def run(self) -> None:
        """Until cancelled, through outages of the database."""
        while True:
            try:
                while await self._deliver_due():
                    pass
            except DatabaseUnavailable as error:
                log.warning("mail delivery interrupted", extra={"error": repr(error)})
                await asyncio.sleep(self._pause_seconds)
            await asyncio.sleep(self._poll_seconds)


def revocations(broker: Broker, database: Database) -> Consumer:
    """Tells every process of each session that ended, before it acknowledges: a crash between repeats it, harmlessly."""

    # The bucket is written while the inbox's transaction is open, so that no event counts as heard before it has effect.
    async def tell(event: SessionRevoked, transaction: Transaction) -> None:
        await revoke_session(broker, event.session_id)

    return Consumer(broker, database, durable="auth", handlers=[on("session.revoked", SessionRevoked, tell)])
