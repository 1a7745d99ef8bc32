"""What the worker takes up by itself: mails that are due."""

import asyncio
import logging

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout

from auth_service.use_cases.mailing import MailDelivery

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.5
_PAUSE_SECONDS = 2.0


class MailQueue:
    """Looks for due mails twice a second. A mail is taken off the queue by its saved outcome, never by its reading."""

    def __init__(self, delivery: MailDelivery) -> None:
        self._delivery = delivery

    async def run(self) -> None:
        """Until cancelled, through outages of the database."""
        while True:
            try:
                while await self._delivery.deliver_due():
                    pass
            except (psycopg.Error, PoolTimeout, PoolClosed) as error:
                log.warning("mail delivery interrupted", extra={"error": repr(error)})
                await asyncio.sleep(_PAUSE_SECONDS)
            await asyncio.sleep(_POLL_SECONDS)
