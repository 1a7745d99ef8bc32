"""How much of what was planned is done, and for how many days in a row."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from planner_service.domain.events import Completion, EventType, Occurrence, Subject, time_zones, wall
from planner_service.errors import TimeZoneUnknown


@dataclass(frozen=True, slots=True)
class Count:
    """How many were planned, and how many of them are done."""

    planned: int = 0
    completed: int = 0

    @property
    def rate(self) -> float:
        """From 0 to 1; 0 when nothing was planned."""
        return self.completed / self.planned if self.planned else 0.0

    def plus(self, occurrence: Occurrence) -> "Count":
        """The count with one more."""
        return Count(self.planned + 1, self.completed + (occurrence.complete_time is not None))


@dataclass(frozen=True, slots=True)
class Progress:
    """A period summed up. `by_week` is keyed by ISO 8601 week such as "2026-W48"; `streak_days` ends today."""

    total: Count
    by_subject: Mapping[Subject, Count]
    by_type: Mapping[EventType, Count]
    by_week: Mapping[str, Count]
    streak_days: int


def progress(occurrences: Iterable[Occurrence], streak_days: int) -> Progress:
    """Sums up; the week is that of the start in the event's own time zone."""
    total = Count()
    by_subject: dict[Subject, Count] = defaultdict(Count)
    by_type: dict[EventType, Count] = defaultdict(Count)
    by_week: dict[str, Count] = defaultdict(Count)
    for each in occurrences:
        plan, week = each.event.plan, iso_week(wall(each.event.plan, each.start).date())
        total = total.plus(each)
        by_subject[plan.subject] = by_subject[plan.subject].plus(each)
        by_type[plan.type] = by_type[plan.type].plus(each)
        by_week[week] = by_week[week].plus(each)
    return Progress(total, by_subject, by_type, by_week, streak_days)


def iso_week(day: date) -> str:
    """The ISO 8601 week, whose year may be another than the day's."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def streak(done: Iterable[tuple[str, tuple[Completion, ...]]], now: datetime, here: str = "") -> int:
    """For how many days in a row something was done, up to today or, as today is not over, yesterday.

    A day is the local one of the completed event's time zone; today is that of the zone `here`, or of the one in which
    something was done last. Raises TimeZoneUnknown.
    """
    if here and here not in time_zones():
        raise TimeZoneUnknown(fields={"timeZone": "is not in the IANA database"}, time_zone=here)
    local = [(each.time, ZoneInfo(zone)) for zone, completions in done for each in completions]
    days = {time.astimezone(zone).date() for time, zone in local}
    _, last_zone = max(local, key=lambda each: each[0], default=(now, UTC))
    today = now.astimezone(ZoneInfo(here) if here else last_zone).date()
    last = today if today in days else today - timedelta(days=1)
    length = 0
    while last - timedelta(days=length) in days:
        length += 1
    return length
