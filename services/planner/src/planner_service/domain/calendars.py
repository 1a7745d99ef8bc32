"""iCalendar files, as they leave and as they arrive."""

from dataclasses import dataclass, field

from planner_service.domain.events import Event


@dataclass(frozen=True, slots=True)
class FeedFile:
    """A feed as it is now, under an HTTP entity tag; `content` is None for a reader who has it already."""

    etag: str
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A component of a file that was not taken over, by the line it begins on, from 1."""

    line: int
    uid: str
    reason: str


@dataclass(slots=True)
class Imported:
    """What became of a file: the events that were created or changed, and what could not be taken over."""

    events: list[Event] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
