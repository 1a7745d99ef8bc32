"""Plans and events for tests, each field replaceable."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from planner_service.domain.events import Completion, Event, Plan
from servicekit.ids import new_id

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_plan(**fields: Any) -> Plan:
    return replace(Plan("Review fractions", NOON, NOON + HOUR), **fields)


def an_event(plan: Plan | None = None, *, complete_time: datetime | None = None, **fields: Any) -> Event:
    """An event; `complete_time` is that of its first occurrence."""
    plan = plan or a_plan()
    event = Event(
        id=new_id(),
        user_id=new_id(),
        request_id=None,
        plan=plan,
        completions=(Completion(plan.start_time, complete_time),) if complete_time else (),
        version=1,
        create_time=NOON,
        update_time=NOON,
    )
    return replace(event, **fields)
