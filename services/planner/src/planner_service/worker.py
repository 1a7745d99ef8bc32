"""The planner worker: reminds in time, publishes this service's events, forgets old deletions, closes feeds, erases accounts."""

import asyncio
import contextlib
import logging
from datetime import timedelta

from planner_service.consumers import erasures, revocations
from planner_service.settings import Settings
from planner_service.storage import PostgresStore
from planner_service.storage.feeds import PostgresFeeds
from planner_service.storage.personal_data import erase
from planner_service.use_cases.reminders import Scheduler
from planner_service.use_cases.sync import forget_deletions
from servicekit.caller import Caller, acting_as
from servicekit.clock import utc_now
from servicekit.database import DatabaseUnavailable
from servicekit.kit import Kit, run
from servicekit.messaging.relay import Relay
from servicekit.personal_data.erasure import Erasure

_TIDY_SECONDS = 3600
_LOOK_SECONDS = 1
log = logging.getLogger(__name__)


async def serve(kit: Kit[Settings]) -> None:
    """Puts the parts together and works until told to stop."""
    database, broker = await kit.database(), await kit.broker()
    kit.background(Relay(broker, database).run())
    kit.background(erasures(broker, database, Erasure("planner", erase)).run())
    kit.background(revocations(broker, database, PostgresFeeds).run())
    store = PostgresStore(database)
    kit.background(_remind(Scheduler(store, utc_now)))
    kit.background(_tidy(store, kit.settings.deletions_kept))
    await kit.serve()


async def _remind(scheduler: Scheduler) -> None:
    while True:
        try:
            while await scheduler.send_due():
                pass
        except DatabaseUnavailable as error:
            log.warning("reminders interrupted", extra={"error": repr(error)})
        await asyncio.sleep(_LOOK_SECONDS)


async def _tidy(store: PostgresStore, keep: timedelta) -> None:
    with acting_as(Caller.service("planner")):
        while True:
            with contextlib.suppress(DatabaseUnavailable):
                await forget_deletions(store, utc_now, keep)
            await asyncio.sleep(_TIDY_SECONDS)


if __name__ == "__main__":
    run("planner", Settings, serve)
