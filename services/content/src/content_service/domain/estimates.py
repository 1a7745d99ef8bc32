"""In which order lessons are made, and when each should be ready: from what is before it and how long lessons took so far."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

FIRST_GUESS = timedelta(seconds=15)
"""How long a lesson takes while none has been measured."""
PATIENCE = timedelta(minutes=10)
"""So long a lesson of a batch gives way to single ones, and an account whose lesson was begun to one that had none."""
WORKER_SEEN = timedelta(minutes=1)
"""A worker that has not been seen for longer makes no lessons."""
NEWS = timedelta(seconds=5)
"""A forecast that differs by less is not worth telling."""


class Lane(IntEnum):
    """What goes before what. Within a lane accounts take turns, and those of one turn go by how long they have waited."""

    BEGUN = 0
    SINGLE = 1
    BATCH = 2


class Standing(IntEnum):
    """Whose lesson goes first within a turn: of accounts that were served, who waits longest."""

    NEW = 0
    """No lesson of the account was begun within PATIENCE."""
    SERVED = 1
    SERVED_BEFORE = 2
    """Another one of the account waits in a lane before."""


Place = tuple[Lane, int, Standing]
"""Where a lesson stands; the turn in the middle counts from 1 for each account and lane."""


@dataclass(frozen=True, slots=True)
class Share:
    """The unfinished lessons of one place and difficulty.

    `left` is how much of them is to do: 2.5 are two that wait and one half done. `mine` says whether one is of the account
    that asks.
    """

    place: Place
    difficulty: str
    count: int
    left: float
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """All that is unfinished, as an account sees it that asks for a lesson now.

    `served` says whether a lesson of the account was begun within PATIENCE; `typical` is how long the last ones of a
    difficulty took.
    """

    shares: Sequence[Share] = ()
    served: bool = False
    workers: int = 1
    typical: Mapping[str, timedelta] = field(default_factory=dict)

    def next_place(self, lane: Lane) -> Place:
        """Of one more lesson of the account."""
        mine = [share.place for share in self.shares if share.mine]
        turn = 1 + max((turn for of, turn, _ in mine if of is lane), default=0)
        if any(Lane.BEGUN < of < lane for of, _, _ in mine):
            return lane, turn, Standing.SERVED_BEFORE
        return lane, turn, Standing.SERVED if self.served else Standing.NEW

    def before(self, place: Place) -> list[Share]:
        """What is made before a lesson that comes last in its place."""
        return [share for share in self.shares if share.place <= place]


@dataclass(frozen=True, slots=True)
class InLine:
    """An unfinished lesson in its place: `begun` ones are being made, or go on as soon as they may."""

    video_id: str
    begun: bool
    difficulty: str
    percent: int
    ready: datetime | None


def estimates(now: datetime, queue: Queue, difficulties: Sequence[str], *, batch: bool = False) -> list[datetime]:
    """When each of the lessons that are asked for together should be ready, in their order."""
    lane, turn, standing = queue.next_place(Lane.BATCH if batch else Lane.SINGLE)
    times = [typical_time(queue.typical, difficulty) for difficulty in difficulties]
    places = [(lane, turn + index, standing) for index in range(len(times))]
    return [now + _end(queue, queue.before(place), times[: index + 1]) for index, place in enumerate(places)]


def forecasts(
    now: datetime, line: Iterable[InLine], workers: int, typical: Mapping[str, timedelta]
) -> dict[str, datetime]:
    """When each lesson that waits should be ready, by its id; those left out are told so already."""
    return {
        lesson.video_id: ready
        for lesson, ready in _ends(now, line, workers, typical)
        if not lesson.begun and (lesson.ready is None or abs(ready - lesson.ready) >= NEWS)
    }


def time_left(typical: Mapping[str, timedelta], difficulty: str, percent: int) -> timedelta:
    """How long a lesson still takes that is `percent` done and being worked on."""
    return typical_time(typical, difficulty) * (1 - percent / 100)


def typical_time(typical: Mapping[str, timedelta], difficulty: str) -> timedelta:
    """As measured for the difficulty; before that as for the others; before that a guess."""
    measured = typical.get(difficulty) or _mean(list(typical.values()))
    return measured or FIRST_GUESS


def _ends(
    now: datetime, line: Iterable[InLine], workers: int, typical: Mapping[str, timedelta]
) -> Iterator[tuple[InLine, datetime]]:
    free = [timedelta()] * max(1, workers)
    for lesson in line:
        end = free[0] + time_left(typical, lesson.difficulty, lesson.percent)
        heapq.heapreplace(free, end)
        yield lesson, now + end


def _end(queue: Queue, before: Sequence[Share], own: Sequence[timedelta]) -> timedelta:
    """When the last of the account's `own` lessons ends, which are made one after the other by whoever is free."""
    free = _free_times(queue, before)
    for time in own[:-1]:
        heapq.heapreplace(free, free[0] + time)
    return free[0] + own[-1]


def _free_times(queue: Queue, before: Sequence[Share]) -> list[timedelta]:
    """How long from now each worker is free, the soonest first, if all share the work evenly."""
    workers = max(1, queue.workers)
    work = sum((typical_time(queue.typical, share.difficulty) * share.left for share in before), timedelta())
    busy = min(workers, sum(share.count for share in before))
    return [timedelta()] * (workers - busy) + [work / busy for _ in range(busy)]


def _mean(times: Sequence[timedelta]) -> timedelta | None:
    return sum(times, timedelta()) / len(times) if times else None
