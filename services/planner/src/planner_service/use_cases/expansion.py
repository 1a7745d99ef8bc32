"""When a plan takes place: its recurrence lines expanded by python-dateutil, from near the time that is asked about.

A rule is begun anew shortly before that time, at the start of one of its own periods, so that a series costs what is shown
of it and not what has been of it. See docs/decisions/0020.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from heapq import heappop, heappush, merge
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from planner_service.domain.events import EARLIEST, LATEST, Period, Plan, instant, time_zones, wall

# A rule with a COUNT ends with this one at the latest: 27 years of every day.
MOST_OCCURRENCES = 10_000
UTC_FORM = "%Y%m%dT%H%M%SZ"
# The calendar repeats every 400 years, and dateutil gives up at the year 9999. A rule that never comes true, such as one
# for 30 February, is therefore read there: it fails after four centuries instead of eighty.
_SHIFT_YEARS = 7600
# Around a change of the clocks the order on the wall is not that of time; no change is as large.
_DAY = timedelta(days=1)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def starts(plan: Plan, period: Period) -> Iterator[datetime]:
    """Every start of the plan in the period, in UTC, by time, each once. Expands no further than it is read."""
    added, excluded = {plan.start_time}, set[datetime]()
    by_rules: Iterator[datetime] = iter(())
    for line in plan.recurrence:
        if line.startswith("RRULE:"):
            by_rules = takewhile(lambda start: start < period.end + _DAY, by_rule(line, plan, period.start))
        else:
            (excluded if line.startswith("EXDATE") else added).update(dates(line, plan))
    in_period = (start for start in added if period.start <= start < period.end)
    found = _ordered(merge(sorted(in_period), by_rules))
    return (start for start in takewhile(lambda start: start < period.end, found) if start not in excluded)


def _ordered(moments: Iterable[datetime]) -> Iterator[datetime]:
    """Moments that are out of order by less than a day, in order and each once."""
    waiting: list[datetime] = []
    for moment in moments:
        if moment not in waiting:
            heappush(waiting, moment)
        while waiting[0] <= moment - _DAY:
            yield heappop(waiting)
    yield from sorted(waiting)


def by_rule(line: str, plan: Plan, since: datetime = EARLIEST) -> Iterator[datetime]:
    """What the rule gives in UTC from `since` on: expanded on the wall, so that ten o'clock stays ten o'clock."""
    first, until = _shifted(wall(plan, plan.start_time), _SHIFT_YEARS), _until(line, plan)
    last, text = _last(line, first), ";".join(part for part in parts(line) if not part.startswith(("UNTIL=", "COUNT=")))
    near = _shifted(wall(plan, max(since, EARLIEST)), _SHIFT_YEARS) - _DAY
    struck = takewhile(lambda each: each <= last, _rule(*_begun_near(text, first, near)))
    given = (instant(plan, _shifted(each, -_SHIFT_YEARS)) for each in struck)
    return (start for start in takewhile(lambda start: start <= until, given) if start >= since)


@lru_cache(maxsize=4096)
def _rule(text: str, first: datetime) -> rrule:
    rule = rrulestr(text, dtstart=first)
    if not isinstance(rule, rrule):
        raise ValueError("it is not one rule")
    return rule


@lru_cache(maxsize=4096)
def _last(line: str, first: datetime) -> datetime:
    """On the wall, with which start a rule with a COUNT ends; counted once, not each time it is expanded."""
    if not any(part.startswith("COUNT=") for part in parts(line)):
        return datetime.max
    struck = deque(islice(_rule(";".join(parts(line)), first), MOST_OCCURRENCES), maxlen=1)
    return struck[0] if struck else datetime.min


def _begun_near(text: str, first: datetime, near: datetime) -> tuple[str, datetime]:
    """The rule as it goes on near a time: begun with one of its periods that lies whole periods before, never earlier.

    What a rule takes from its start, such as the day of the month, is written out, since it starts elsewhere now.
    """
    given = dict(part.partition("=")[::2] for part in text.split(";"))
    every = int(given.get("INTERVAL", 1))
    match given.get("FREQ"):
        case "DAILY":
            past = _whole((near - first).days, every)
            return text, first + timedelta(days=past)
        case "WEEKLY":
            past = _whole((near - first).days // 7, every)
            return _written(text, given, BYDAY=_WEEKDAYS[first.weekday()]), first + timedelta(weeks=past)
        case "MONTHLY":
            month = first.year * 12 + first.month - 1
            past = _whole(near.year * 12 + near.month - 1 - month, every)
            return _written(text, given, BYMONTHDAY=first.day), _month(first, month + past) if past else first
        case "YEARLY":
            past = _whole(near.year - first.year, every)
            text = _written(text, given, BYMONTHDAY=first.day, **{} if "BYMONTH" in given else {"BYMONTH": first.month})
            return text, _month(first, (first.year + past) * 12) if past else first
    return text, first


def _whole(past: int, every: int) -> int:
    """How much of `past` to leave out: whole periods, all but the last two."""
    return max(past // every - 2, 0) * every


def _written(text: str, given: dict[str, str], **days: str | int) -> str:
    if given.keys() & {"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"}:
        return text
    return ";".join([text, *(f"{name}={value}" for name, value in days.items())])


def _month(first: datetime, month: int) -> datetime:
    return first.replace(year=month // 12, month=month % 12 + 1, day=1)


def _shifted(wall: datetime, years: int) -> datetime:
    return wall.replace(year=wall.year + years)


def _until(line: str, plan: Plan) -> datetime:
    for part in parts(line):
        if part.startswith("UNTIL="):
            text = part.removeprefix("UNTIL=")
            if text.endswith("Z"):
                return datetime.strptime(text, UTC_FORM).replace(tzinfo=UTC)
            return instant(plan, datetime.combine(datetime.strptime(text, "%Y%m%d"), time.max))
    return LATEST


def dates(line: str, plan: Plan) -> list[datetime]:
    """The dates of an RDATE or EXDATE line in UTC; without a zone they are meant in the plan's."""
    head, _, values = line.partition(":")
    name = next((each[5:] for each in head.split(";") if each.startswith("TZID=")), "")
    if name and name not in time_zones():
        raise ValueError(f"there is no time zone {name}")
    return [_moment(value, ZoneInfo(name or plan.time_zone)) for value in values.split(",")]


def _moment(value: str, zone: ZoneInfo) -> datetime:
    moment = datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")
    return moment.replace(tzinfo=UTC if value.endswith("Z") else zone).astimezone(UTC)


def parts(line: str) -> list[str]:
    """The parts of a rule, such as "COUNT=3"."""
    return line.removeprefix("RRULE:").upper().split(";")
