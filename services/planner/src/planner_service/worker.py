"""The planner worker: reminds in time, publishes this service's events, forgets old deletions, closes feeds, erases accounts."""

from datetime import timedelta
from functools import partial

from planner_service.consumers import erasures, revocations
from planner_service.settings import Settings
from planner_service.storage import PostgresStore
from planner_service.storage.feeds import PostgresFeeds
from planner_service.storage.personal_data import erase
from planner_service.use_cases.reminders import Scheduler
from planner_service.use_cases.sync import forget_deletions
from servicekit.caller import Caller, acting_as
from servicekit.chore import Chore
from servicekit.clock import utc_now
from servicekit.kit import Kit, run
from servicekit.messaging.relay import Relay
from servicekit.personal_data.erasure import Erasure

_TIDY_SECONDS = 3600
_LOOK_SECONDS = 1


async def serve(kit: Kit[Settings]) -> None:
    """Puts the parts together and works until told to stop."""
    database, broker = await kit.database(), await kit.broker()
    kit.background(Relay(broker, database).run())
    kit.background(erasures(broker, database, Erasure("planner", erase)).run())
    kit.background(revocations(broker, database, PostgresFeeds).run())
    store = PostgresStore(database)
    remind = Scheduler(store, utc_now).send_due
    kit.background(Chore(remind, name="reminders", poll_seconds=_LOOK_SECONDS).run())
    tidy = partial(_tidy, store, kit.settings.deletions_kept)
    kit.background(Chore(tidy, name="forgetting deletions", poll_seconds=_TIDY_SECONDS).run())
    await kit.serve()


async def _tidy(store: PostgresStore, keep: timedelta) -> int:
    with acting_as(Caller.service("planner")):
        await forget_deletions(store, utc_now, keep)
    return 0


if __name__ == "__main__":
    run("planner", Settings, serve)
