"""What an account does with its planner."""

from datetime import timedelta
from typing import Any

import pytest
from fakes.planner.made import HOUR, NOON, a_plan
from fakes.planner.store import FakeStore

from planner_service.domain.events import LONGEST_PERIOD, Period, Scope, Which
from planner_service.errors import (
    EventChanged,
    EventNotFound,
    PeriodInvalid,
    RecurrenceInvalid,
)
from planner_service.use_cases.events import Planner
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

pytestmark = pytest.mark.usefixtures("ada")
TODAY = Period(NOON - timedelta(hours=12), NOON + timedelta(hours=12))
ALL = Which()


async def test_a_created_event_is_in_its_owner_s_planner_and_told(planner: Planner, store: FakeStore) -> None:
    event = await planner.create(a_plan(), None)
    assert await planner.get(event.id) == event
    assert await planner.overlapping(TODAY, 20, None) == [event.occurrence(NOON)]
    assert store.told == [("planner.event_changed", event.id, 1)]


async def test_each_change_raises_the_version_of_the_planner(planner: Planner, store: FakeStore) -> None:
    event = await planner.create(a_plan(), None)
    await planner.complete(event.id, True, None)
    await planner.delete(event.id, "", ALL)
    versions = [version for subject, _, version in store.told if subject == "planner.event_changed"]
    assert versions == [1, 2, 3]


async def test_a_repeat_with_the_same_request_id_answers_the_first_event(planner: Planner, store: FakeStore) -> None:
    request_id = new_id()
    event = await planner.create(a_plan(), request_id)
    assert await planner.create(a_plan(title="Another"), request_id) == event
    assert len(store.told) == 1


@pytest.mark.parametrize(
    ("plan", "error"),
    [
        (a_plan(end_time=NOON - HOUR), PeriodInvalid),
        (a_plan(recurrence=("RRULE:FREQ=NEVER",)), RecurrenceInvalid),
    ],
)
async def test_a_plan_that_makes_no_sense_is_not_saved(planner: Planner, store: FakeStore, plan, error) -> None:
    with pytest.raises(error):
        await planner.create(plan, None)
    assert store.told == []


@pytest.mark.parametrize(
    "fields",
    [
        {"start_time": NOON + timedelta(days=2)},
        {"time_zone": "Pacific/Kiritimati"},  # where it is tomorrow already
    ],
)
async def test_a_series_is_not_moved_to_where_it_never_comes_true(planner: Planner, fields: dict[str, Any]) -> None:
    plan = a_plan(end_time=NOON + timedelta(days=3), recurrence=("RRULE:FREQ=DAILY;UNTIL=20261123",))
    series = await planner.create(plan, None)
    with pytest.raises(RecurrenceInvalid, match="never comes true"):
        await planner.update(series.id, fields, "", ALL)
    assert await planner.get(series.id) == series


@pytest.mark.parametrize("which", [ALL, Which(Scope.FOLLOWING, NOON)])
async def test_a_series_does_not_grow_longer_than_one_may_be_planned(
    planner: Planner, store: FakeStore, which: Which
) -> None:
    series = await planner.create(a_plan(recurrence=("RRULE:FREQ=DAILY",)), None)
    with pytest.raises(RecurrenceInvalid):
        await planner.update(series.id, {"end_time": NOON + LONGEST_PERIOD + HOUR}, "", which)
    assert await planner.get(series.id) == series


async def test_for_anybody_else_an_event_does_not_exist(planner: Planner) -> None:
    event = await planner.create(a_plan(), None)
    for role in (Role.STUDENT, Role.MODERATOR, Role.ADMIN):
        with acting_as(Caller(new_id(), role)):
            assert await planner.overlapping(TODAY, 20, None) == []
            for attempt in (
                planner.get(event.id),
                planner.update(event.id, {"title": "Stolen"}, "", ALL),
                planner.complete(event.id, True, None),
                planner.delete(event.id, "", ALL),
            ):
                with pytest.raises(EventNotFound):
                    await attempt
    assert await planner.get(event.id) == event


async def test_completing_twice_tells_once(planner: Planner, store: FakeStore) -> None:
    event = await planner.create(a_plan(), None)
    done = await planner.complete(event.id, True, None)
    assert await planner.complete(event.id, True, None) == done
    assert [subject for subject, *_ in store.told].count("planner.event_completed") == 1


async def test_an_event_that_changed_meanwhile_is_not_deleted(planner: Planner) -> None:
    event = await planner.create(a_plan(), None)
    await planner.complete(event.id, True, None)
    with pytest.raises(EventChanged):
        await planner.delete(event.id, event.etag, ALL)
    await planner.get(event.id)


async def test_a_deleted_event_is_gone(planner: Planner) -> None:
    event = await planner.create(a_plan(), None)
    await planner.delete(event.id, event.etag, ALL)
    with pytest.raises(EventNotFound):
        await planner.get(event.id)
