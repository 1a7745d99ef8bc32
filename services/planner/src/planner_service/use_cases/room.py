"""How much one planner may hold."""

from dataclasses import dataclass

from planner_service.errors import TooManyEvents, TooManySeries
from planner_service.ports import Work

MOST_EVENTS = 20_000
MOST_SERIES = 500
"""Fewer: each is expanded for every page of the planner."""


@dataclass(slots=True)
class Room:
    """What a planner holds: `events`, of which `series` recur."""

    events: int
    series: int

    @classmethod
    async def of(cls, work: Work, owner: str) -> "Room":
        """What is there now, with what this unit of work has added."""
        return cls(*await work.events.count(owner))

    def take(self, *, events: int = 0, series: int = 0) -> None:
        """Counts what is added. Raises TooManyEvents and TooManySeries when it does not fit in."""
        if self.events + events > MOST_EVENTS:
            raise TooManyEvents(most=str(MOST_EVENTS))
        if self.series + series > MOST_SERIES:
            raise TooManySeries(most=str(MOST_SERIES))
        self.events += events
        self.series += series
