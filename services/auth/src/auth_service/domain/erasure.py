"""Leaving for good: asked for, then, unless the person signs in before, done by every service."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

SERVICES = ("auth", "content", "community", "planner")
"""Those that hold anything of a person and have to answer."""

RECEIPTS_KEPT = timedelta(days=100)
"""Longer than any event lives, parked ones included."""

_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Erasure:
    """An account's way out. `delete_time` is None while it can be cancelled, `finish_time` until every service has answered;
    between the two `email` is where the last letter goes. `announce_time` is when silent services are asked again."""

    user_id: str
    request_time: datetime
    delete_time: datetime | None = None
    finish_time: datetime | None = None
    email: str = ""
    announcements: int = 0
    announce_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """One service's answer."""

    service: str
    row_count: int
    receive_time: datetime


@dataclass(frozen=True, slots=True)
class ErasureStatus:
    """What an operator wants to know: an erasure and who has answered so far."""

    erasure: Erasure
    receipts: tuple[Receipt, ...]

    @property
    def silent(self) -> tuple[str, ...]:
        """Who has been asked and has not answered."""
        return silent(self.receipts) if self.erasure.delete_time else ()


def is_due(erasure: Erasure, grace: timedelta, now: datetime) -> bool:
    """Whether the account's time to come back is over and nobody has erased it yet."""
    return erasure.delete_time is None and erasure.request_time + grace <= now


def begin(erasure: Erasure, email: str, now: datetime) -> Erasure:
    """The erasure once auth's own rows are gone and the others are told."""
    return announce(replace(erasure, delete_time=now, email=email), now)


def announce(erasure: Erasure, now: datetime) -> Erasure:
    """The erasure once the services are told (again): those still silent are asked after a pause that doubles."""
    pause = min(_FIRST_PAUSE * 2 ** min(erasure.announcements, _MOST_DOUBLINGS), _LONGEST_PAUSE)
    return replace(erasure, announcements=erasure.announcements + 1, announce_time=now + pause)


def is_silent(erasure: Erasure, now: datetime) -> bool:
    """Whether services are to be asked again."""
    return erasure.finish_time is None and erasure.announce_time is not None and erasure.announce_time <= now


def silent(receipts: Iterable[Receipt]) -> tuple[str, ...]:
    """The services that have not answered."""
    answered = {receipt.service for receipt in receipts}
    return tuple(service for service in SERVICES if service not in answered)


def finish(erasure: Erasure, now: datetime) -> Erasure:
    """The erasure once all have answered: the address is forgotten too."""
    return replace(erasure, finish_time=now, email="", announce_time=None)
