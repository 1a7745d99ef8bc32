"""How many series one planner may have: each is expanded for every page of it."""

from planner_service.errors import TooManySeries
from planner_service.ports import Work

MOST_SERIES = 500


async def check_room(work: Work, owner: str) -> None:
    """Raises TooManySeries when there is no room for another."""
    if await work.events.count_recurring(owner) >= MOST_SERIES:
        raise TooManySeries(most=str(MOST_SERIES))
