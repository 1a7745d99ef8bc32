"""How many series one planner may have: each is expanded for every page of it."""

from planner_service.errors import TooManySeries
from planner_service.ports import Work

MOST_SERIES = 500


async def check_room(work: Work, owner: str, *, more: int = 0) -> None:
    """Raises TooManySeries when those that are there now, and `more`, are too many."""
    if await work.events.count_recurring(owner) + more > MOST_SERIES:
        raise TooManySeries(most=str(MOST_SERIES))
