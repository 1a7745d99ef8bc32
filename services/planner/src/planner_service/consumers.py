"""Events of this service, shown to those who watch their planner now; accounts that are erased, or whose access is revoked."""

import asyncio
from collections.abc import Callable
from datetime import UTC

from littlemonster.auth.v1.auth_events_pb2 import UserAccessRevoked, UserDeleted
from littlemonster.planner.v1.planner_service_pb2 import EventChange
from planner_service import convert
from planner_service.domain.feeds import Revocation
from planner_service.ports import Feeds
from planner_service.use_cases.feed import close_revoked
from servicekit.database import Database, Transaction
from servicekit.live import Audience
from servicekit.messaging.broker import Broker
from servicekit.messaging.consumer import Consumer, on
from servicekit.messaging.reading import read
from servicekit.personal_data.erasure import Erasure


async def follow_changes(broker: Broker, audience: Audience[EventChange]) -> None:
    """Shows every change to its owner's streams of this process. Not acknowledged: who is not here asks SyncEvents.

    After NATS was away the streams end, told to ask as well.
    """
    await broker.jetstream()  # at the start NATS may take its time, and a subscription waits only briefly
    async with broker.subscribe("planner.event_changed") as messages, asyncio.TaskGroup() as group:
        group.create_task(audience.catch_up_after(broker.reconnection))
        async for message in messages:
            if change := read(message, lambda _, payload: convert.change_from(payload)):
                audience.tell(change.event.user_id, change)


def revocations(broker: Broker, database: Database, feeds: Callable[[Transaction], Feeds]) -> Consumer:
    """Closes the calendar feeds of accounts whose access was revoked, without whoever knows the address being asked."""

    async def close(event: UserAccessRevoked, transaction: Transaction) -> None:
        revocation = Revocation(event.revoke_time.ToDatetime(UTC), event.spared_session_id)
        await close_revoked(feeds(transaction), event.user_id, revocation)

    handlers = [on("user.access_revoked", UserAccessRevoked, close)]
    return Consumer(broker, database, durable="planner-access", handlers=handlers)


def erasures(broker: Broker, database: Database, erasure: Erasure) -> Consumer:
    """Erases accounts that ask for it. Acknowledged after the commit; retried with back-off, then parked."""
    return Consumer(
        broker, database, durable="planner-erasure", handlers=[on("user.deleted", UserDeleted, erasure.apply)]
    )
