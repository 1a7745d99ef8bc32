"""Events of this service, shown to those who watch their planner now."""

import logging

from google.protobuf.message import DecodeError

from littlemonster.planner.v1.planner_events_pb2 import PlannerEventChanged
from littlemonster.planner.v1.planner_service_pb2 import EventChange
from planner_service.use_cases.live import Audience
from servicekit.messaging.broker import Broker

log = logging.getLogger(__name__)


async def follow_changes(broker: Broker, audience: Audience[EventChange]) -> None:
    """Shows every change to its owner's streams of this process. Not acknowledged: who is not here asks SyncEvents."""
    await broker.jetstream()  # at the start NATS may take its time, and a subscription waits only briefly
    async with broker.subscribe("planner.event_changed") as messages:
        async for message in messages:
            try:
                change = PlannerEventChanged.FromString(message.data).change
            except DecodeError:
                log.warning("change not read", extra={"subject": message.subject})
                continue
            audience.tell(change.event.user_id, change)
