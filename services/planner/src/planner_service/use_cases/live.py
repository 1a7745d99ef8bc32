"""Watching one's own planner from any device."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TypeVar

from planner_service.errors import ChangesMissed
from servicekit.live import Seat, Sign

Change = TypeVar("Change")

INSTEAD = "fetch the changes with GET /v1/planner/events:sync"


async def changes(seat: Seat[Change], heartbeat: timedelta) -> AsyncIterator[Change | None]:
    """Every change; None when nothing happens for as long as `heartbeat`. Raises WatchTooSlow, ChangesMissed."""
    async for told in seat.told(heartbeat):
        if told is Sign.GAP:
            raise ChangesMissed
        yield None if isinstance(told, Sign) else told
