"""What a device has to hear of a planner to hold the same."""

from dataclasses import dataclass

from planner_service.domain.events import Event


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An event that was deleted with that version of the planner."""

    event_id: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Position:
    """How far a device has come: it knows every change up to `sequence`.

    `floor` is above zero while it fetches everything: what was deleted up to that version it never heard of.
    """

    sequence: int = 0
    floor: int = 0

    @property
    def is_full(self) -> bool:
        """Whether everything is being fetched."""
        return self.floor > 0

    def is_lost(self, version: int, forgotten: int) -> bool:
        """Whether changes can no longer be told from here: deletions were forgotten, or the planner went back in time."""
        return max(self.sequence, self.floor) < forgotten or self.sequence > version


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of what changed, and from where to go on; `full` when it is part of everything."""

    events: tuple[Event, ...]
    deleted: tuple[str, ...]
    next: Position
    has_more: bool
    full: bool


def page(
    position: Position, version: int, events: list[Event], tombstones: list[Tombstone], size: int, *, full: bool
) -> Changes:
    """The first `size` changes of those after `position` and up to `version`, in their order."""
    found: list[Event | Tombstone] = sorted([*events, *tombstones], key=lambda change: change.sequence)
    shown, has_more = found[:size], len(found) > size
    reached = shown[-1].sequence if has_more else version
    return Changes(
        events=tuple(change for change in shown if isinstance(change, Event)),
        deleted=tuple(change.event_id for change in shown if isinstance(change, Tombstone)),
        next=Position(reached, position.floor if has_more else 0),
        has_more=has_more,
        full=full or position.is_full,
    )
