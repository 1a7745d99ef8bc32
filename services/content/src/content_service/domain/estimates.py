"""When a lesson should be ready: from what is before it, how many workers share that, and how long lessons took so far."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FIRST_GUESS = timedelta(seconds=15)
"""How long a lesson takes while none has been measured."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What is before a lesson that is asked for now.

    `unfinished` counts lessons that wait or are being made. `left` is how much of them is to do, by difficulty: 2.5 are two
    lessons that wait and one half done. `typical` is how long the last ones of a difficulty took.
    """

    unfinished: int = 0
    workers: int = 1
    left: Mapping[str, float] = field(default_factory=dict)
    typical: Mapping[str, timedelta] = field(default_factory=dict)


def estimates(now: datetime, queue: Queue, difficulties: Iterable[str]) -> list[datetime]:
    """When each of the lessons that are asked for together should be ready, in their order."""
    free = _free_times(queue)
    ready = []
    for difficulty in difficulties:
        end = heapq.heappop(free) + typical_time(queue.typical, difficulty)
        heapq.heappush(free, end)
        ready.append(now + end)
    return ready


def time_left(typical: Mapping[str, timedelta], difficulty: str, percent: int) -> timedelta:
    """How long a lesson still takes that is `percent` done and being worked on."""
    return typical_time(typical, difficulty) * (1 - percent / 100)


def typical_time(typical: Mapping[str, timedelta], difficulty: str) -> timedelta:
    """As measured for the difficulty; before that as for the others; before that a guess."""
    measured = typical.get(difficulty) or _mean(list(typical.values()))
    return measured or FIRST_GUESS


def _free_times(queue: Queue) -> list[timedelta]:
    """How long from now each worker is free, if all share the work evenly."""
    workers = max(1, queue.workers)
    work = sum((typical_time(queue.typical, key) * share for key, share in queue.left.items()), timedelta())
    busy = min(workers, queue.unfinished)
    return [timedelta()] * (workers - busy) + [work / busy for _ in range(busy)]


def _mean(times: Sequence[timedelta]) -> timedelta | None:
    return sum(times, timedelta()) / len(times) if times else None
