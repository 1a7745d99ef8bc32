"""Plans and events for tests, each field replaceable."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from planner_service.domain import Event, Plan
from servicekit.ids import new_id

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_plan(**fields: Any) -> Plan:
    return replace(Plan("Review fractions", NOON, NOON + HOUR), **fields)


def an_event(plan: Plan | None = None, **fields: Any) -> Event:
    event = Event(
        id=new_id(),
        user_id=new_id(),
        request_id=None,
        plan=plan or a_plan(),
        complete_time=None,
        version=1,
        create_time=NOON,
        update_time=NOON,
    )
    return replace(event, **fields)
