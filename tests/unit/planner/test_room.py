"""How much one planner may hold."""

from datetime import timedelta

import pytest
from fakes.planner.made import NOON, a_plan

from planner_service.domain.events import Scope, Which
from planner_service.errors import TooManyEvents, TooManySeries
from planner_service.use_cases import room
from planner_service.use_cases.events import Planner
from planner_service.use_cases.room import MOST_EVENTS, MOST_SERIES, Room
from servicekit.caller import Caller


@pytest.mark.parametrize("held", [Room(MOST_EVENTS - 1, 0), Room(MOST_EVENTS - 1, MOST_SERIES)])
def test_the_last_event_fits_in_and_the_next_does_not(held: Room) -> None:
    held.take(events=1)
    with pytest.raises(TooManyEvents, match=str(MOST_EVENTS)):
        held.take(events=1)


def test_the_last_series_fits_in_and_the_next_does_not_but_a_single_event_does() -> None:
    held = Room(MOST_SERIES, MOST_SERIES - 1)
    held.take(events=1, series=1)
    with pytest.raises(TooManySeries, match=str(MOST_SERIES)):
        held.take(events=1, series=1)
    held.take(events=1)


async def test_a_full_planner_refuses_one_event_more_and_still_answers_a_repeated_request(
    planner: Planner, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_EVENTS", 1)
    kept = await planner.create(a_plan(), "once")
    with pytest.raises(TooManyEvents):
        await planner.create(a_plan(), "another")
    assert await planner.create(a_plan(), "once") == kept


async def test_a_full_planner_is_parted_no_further_and_takes_no_event_that_begins_to_recur(
    planner: Planner, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily = ("RRULE:FREQ=DAILY",)
    series, single = await planner.create(a_plan(recurrence=daily), None), await planner.create(a_plan(), None)
    monkeypatch.setattr(room, "MOST_SERIES", 1)
    with pytest.raises(TooManySeries):
        await planner.update(single.id, {"recurrence": daily}, "", Which())
    monkeypatch.setattr(room, "MOST_EVENTS", 2)
    for scope in (Scope.THIS, Scope.FOLLOWING):
        with pytest.raises(TooManyEvents):
            await planner.update(series.id, {"title": "Algebra"}, "", Which(scope, NOON + timedelta(days=1)))
