"""What a page of a planner costs by the age of its series: `python tests/performance/series.py`.

Prints the processor time of one page of 60 daily series that begin today and of 60 that began in 1999, and their ratio.
"""

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes.planner.made import NOON, a_plan
from fakes.planner.store import FakeStore

from planner_service.domain.events import Period
from planner_service.use_cases.events import Planner
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

_SERIES, _TIMES = 60, 30
_MONTH = Period(NOON, NOON + timedelta(days=30))


async def milliseconds(start: datetime) -> float:
    """The least processor time of a page of a month, over many tries."""
    planner = Planner(FakeStore(), lambda: NOON, new_id)
    with acting_as(Caller(new_id(), Role.STUDENT)):
        for number in range(_SERIES):
            begin = start + timedelta(minutes=number)
            daily = {"recurrence": ("RRULE:FREQ=DAILY",), "time_zone": "Europe/Berlin"}
            await planner.create(a_plan(start_time=begin, end_time=begin + timedelta(minutes=30), **daily), None)
        return min([await _page(planner) for _ in range(_TIMES)]) * 1000


async def _page(planner: Planner) -> float:
    before = time.process_time()
    await planner.overlapping(_MONTH, 21, None)
    return time.process_time() - before


async def main() -> None:
    young, old = await milliseconds(NOON), await milliseconds(datetime(1999, 1, 1, 9, tzinfo=UTC))
    print(f"{_SERIES} series from today: {young:.1f} ms, from 1999: {old:.1f} ms, ratio {old / young:.1f}")


if __name__ == "__main__":
    asyncio.run(main())
