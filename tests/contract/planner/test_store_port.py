"""Every store of planner events keeps this contract."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.planner.made import HOUR, NOON, a_plan, an_event

from planner_service.domain.events import Due, Event, EventType, Happening, Period, Reminder, Subject, complete
from planner_service.domain.sync import Tombstone
from planner_service.ports import Store
from servicekit.caller import Caller, Role, acting_as
from servicekit.clock import utc_now
from servicekit.ids import new_id

Told = Callable[[], Awaitable[list[tuple[str, str, int]]]]
ADA, BOB = Caller(new_id(), Role.STUDENT), Caller(new_id(), Role.STUDENT)
EVERYTHING = a_plan(
    description="Chapter 3 —",
    subject=Subject.MATH,
    type=EventType.EXAM,
    all_day=True,
    time_zone="Europe/Berlin",
    start_time=NOON + timedelta(microseconds=1),
    recurrence=("RRULE:FREQ=WEEKLY", "EXDATE:20261130T120000Z"),
    reminders=(Reminder(minutes_before=0), Reminder(time=NOON - HOUR)),
)


@pytest.fixture(autouse=True)
def ada() -> Iterator[None]:
    """Ada calls unless a test says otherwise."""
    with acting_as(ADA):
        yield


async def _saved(store: Store, **fields: object) -> Event:
    event = an_event(user_id=ADA.id, **fields)
    async with store.begin() as work:
        assert await work.events.add(event)
    return event


async def test_a_saved_event_is_read_back_whole(store: Store) -> None:
    event = await _saved(store, plan=EVERYTHING, request_id=new_id(), complete_time=NOON, version=5)
    assert await store.events.get(ADA.id, event.id) == event


async def test_what_does_not_exist_is_none(store: Store) -> None:
    assert await store.events.get(ADA.id, new_id()) is None
    assert await store.events.by_request(ADA.id, new_id()) is None
    async with store.begin() as work:
        assert await work.events.lock(ADA.id, new_id()) is None


async def test_an_event_of_somebody_else_does_not_exist(store: Store) -> None:
    event = await _saved(store, request_id=new_id())
    await _saved(store, plan=EVERYTHING, complete_time=NOON)
    with acting_as(BOB):
        assert await store.events.get(BOB.id, event.id) is None
        assert await store.events.by_request(BOB.id, event.request_id or "") is None
        assert await store.events.overlapping(BOB.id, Period(NOON, NOON + HOUR), 9, None) == []
        assert await store.events.recurring(BOB.id) == []
        assert await store.events.completions(BOB.id) == []
        async with store.begin() as work:
            assert await work.events.lock(BOB.id, event.id) is None


async def test_one_request_id_of_one_owner_makes_one_event(store: Store) -> None:
    event = await _saved(store, request_id=new_id())
    async with store.begin() as work:
        assert not await work.events.add(an_event(user_id=ADA.id, request_id=event.request_id))
        assert await work.events.by_request(ADA.id, event.request_id or "") == event
    with acting_as(BOB):
        async with store.begin() as work:
            assert await work.events.add(an_event(user_id=BOB.id, request_id=event.request_id))


@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [
        (-2, -1, False),
        (-2, 0, False),
        (-2, 1, True),
        (-2, 9, True),
        (0, 0, True),
        (1, 2, True),
        (4, 9, True),
        (5, 5, False),
        (5, 9, False),
    ],
)
async def test_an_event_overlaps_a_period_it_shares_time_with(
    store: Store, start: int, end: int, overlaps: bool
) -> None:
    event = await _saved(store, plan=a_plan(start_time=NOON + start * HOUR, end_time=NOON + end * HOUR))
    found = await store.events.overlapping(ADA.id, Period(NOON, NOON + 5 * HOUR), 9, None)
    assert found == ([event] if overlaps else [])


async def test_pages_go_by_start_and_hold_each_event_once(store: Store) -> None:
    starts = [NOON + HOUR, NOON, NOON + HOUR, NOON + 2 * HOUR]
    for start in starts:
        await _saved(store, plan=a_plan(start_time=start, end_time=start))
    seen: list[Event] = []
    after = None
    while page := await store.events.overlapping(ADA.id, Period(NOON, NOON + 9 * HOUR), 1, after):
        seen += page
        after = (page[-1].plan.start_time, page[-1].id)
    assert [event.plan.start_time for event in seen] == sorted(starts)
    assert len({event.id for event in seen}) == len(starts)


async def test_a_completion_is_saved_with_its_version(store: Store) -> None:
    event = await _saved(store)
    done = complete(event.occurrence(NOON), True, NOON + HOUR)
    async with store.begin() as work:
        assert await work.events.lock(ADA.id, event.id) == event
        await work.events.save(done)
    assert await store.events.get(ADA.id, event.id) == done
    assert await store.events.completions(ADA.id) == [("UTC", done.completions)]


async def test_every_part_of_a_changed_plan_is_saved(store: Store) -> None:
    event = await _saved(store)
    changed = replace(event, plan=EVERYTHING, version=2, update_time=NOON + HOUR)
    async with store.begin() as work:
        await work.events.save(changed)
    assert await store.events.get(ADA.id, event.id) == changed


async def test_events_that_recur_are_found_apart_from_the_others(store: Store) -> None:
    await _saved(store)
    recurring = await _saved(store, plan=EVERYTHING)
    assert await store.events.recurring(ADA.id) == [recurring]
    period = Period(NOON - HOUR, NOON + HOUR)
    assert recurring not in await store.events.overlapping(ADA.id, period, 9, None)
    assert await store.events.completions(ADA.id) == []


async def test_a_removed_event_is_gone(store: Store) -> None:
    event = await _saved(store)
    async with store.begin() as work:
        await work.events.remove(event)
    assert await store.events.get(ADA.id, event.id) is None


async def test_changes_are_told_with_growing_versions_of_each_planner(store: Store, told: Told) -> None:
    ada, bob = an_event(user_id=ADA.id), an_event(user_id=BOB.id)
    async with store.begin() as work:
        await work.changed(Happening.CREATED, ada)
        await work.changed(Happening.UPDATED, ada)
        await work.completed(ada.occurrence(NOON), NOON)
    with acting_as(BOB):
        async with store.begin() as work:
            await work.changed(Happening.CREATED, bob)
    assert await told() == [
        ("planner.event_changed", ada.id, 1),
        ("planner.event_changed", ada.id, 2),
        ("planner.event_completed", ada.id, 0),
        ("planner.event_changed", bob.id, 1),
    ]


async def test_a_work_that_fails_saves_and_tells_nothing(store: Store, told: Told) -> None:
    event = an_event(user_id=ADA.id)

    async def begin_and_fail() -> None:
        async with store.begin() as work:
            await work.events.add(event)
            await work.changed(Happening.CREATED, event)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await begin_and_fail()
    assert await store.events.get(ADA.id, event.id) is None
    assert await told() == []


async def test_changes_and_deletions_are_remembered_with_the_version_they_made(store: Store) -> None:
    first, second, third = [await _saved(store) for _ in range(3)]
    for event in (first, second, third, first):
        async with store.begin() as work:
            await work.changed(Happening.UPDATED, event)
    async with store.begin() as work:
        await work.events.remove(second)
        await work.changed(Happening.DELETED, second)
    reads = store.events
    assert (await reads.version(ADA.id), await reads.forgotten(ADA.id)) == (5, 0)
    found = await reads.changed_between(ADA.id, 0, 5, 9)
    assert [(event.id, event.sequence) for event in found] == [(third.id, 3), (first.id, 4)]
    assert await reads.changed_between(ADA.id, 0, 3, 9) == [third]
    assert await reads.changed_between(ADA.id, 3, 5, 9) == [first]
    assert await reads.changed_between(ADA.id, 0, 5, 1) == [third]
    assert await reads.deleted_between(ADA.id, 0, 5, 9) == [Tombstone(second.id, 5)]
    assert await reads.deleted_between(ADA.id, 5, 9, 9) == await reads.deleted_between(ADA.id, 0, 4, 9) == []
    with acting_as(BOB):
        assert (await reads.version(BOB.id), await reads.deleted_between(BOB.id, 0, 9, 9)) == (0, [])


async def test_old_deletions_are_forgotten_and_it_is_remembered_that_they_were(store: Store) -> None:
    for caller in (ADA, BOB):
        with acting_as(caller):
            for _ in range(2):
                async with store.begin() as work:
                    await work.changed(Happening.DELETED, an_event(user_id=caller.id))
    for before, forgotten, left in ((utc_now() - HOUR, 0, 2), (utc_now() + HOUR, 2, 0)):
        with acting_as(Caller.service("planner")):
            async with store.begin() as work:
                await work.events.forget_deletions(before)
        for caller in (ADA, BOB):
            with acting_as(caller):
                assert await store.events.forgotten(caller.id) == forgotten
                assert len(await store.events.deleted_between(caller.id, 0, 9, 9)) == left


async def test_the_longest_due_are_found_first_whoever_they_belong_to(store: Store) -> None:
    times = [NOON, NOON - HOUR, NOON + HOUR, None]
    first, second, *_ = [await _saved(store, reminder_time=time) for time in times]
    with acting_as(BOB):
        async with store.begin() as work:
            assert await work.events.add(an_event(user_id=BOB.id, reminder_time=NOON - 2 * HOUR))
    with acting_as(Caller.service("planner")):
        async with store.begin() as work:
            found = await work.events.due(NOON, 9)
            assert [event.reminder_time for event in found] == [NOON - 2 * HOUR, NOON - HOUR, NOON]
            assert len(await work.events.due(NOON, 2)) == 2
            for event in found[:2]:
                await work.events.schedule(event, None)
        async with store.begin() as work:
            assert await work.events.due(NOON, 9) == [first]
    assert await store.events.get(ADA.id, second.id) == second


async def test_a_reminder_is_told_when_the_work_is_saved(store: Store, told: Told) -> None:
    event = await _saved(store)
    with acting_as(Caller.service("planner")):
        async with store.begin() as work:
            await work.remind(Due(event, NOON, NOON - HOUR), late=True)
    assert await told() == [("planner.reminder_due", event.id, 0)]


async def test_the_newest_events_come_after_every_series(store: Store) -> None:
    times = [NOON, NOON + 2 * HOUR, NOON + HOUR]
    single = [await _saved(store, plan=a_plan(start_time=time, end_time=time)) for time in times]
    series = await _saved(store, plan=EVERYTHING)
    assert await store.events.newest(ADA.id, 3) == [series, single[1], single[2]]
    with acting_as(BOB):
        assert await store.events.newest(BOB.id, 3) == []


async def test_imported_events_are_found_by_uid_or_id_and_each_uid_is_one_event(store: Store) -> None:
    imported, made = await _saved(store, uid="abc@example.org"), await _saved(store, plan=EVERYTHING)
    async with store.begin() as work:
        await work.events.await_imports(ADA.id)
        assert await work.events.count(ADA.id) == (2, 1)
        found = await work.events.lock_imported(ADA.id, ["abc@example.org", "x"], [made.id, new_id()])
        assert {event.id for event in found} == {imported.id, made.id}
        assert await work.events.lock_imported(ADA.id, [], []) == []
        assert not await work.events.add(an_event(user_id=ADA.id, uid="abc@example.org"))
    with acting_as(BOB):
        async with store.begin() as work:
            assert await work.events.lock_imported(BOB.id, ["abc@example.org"], [made.id]) == []
            assert await work.events.count(BOB.id) == (0, 0)
            assert await work.events.add(an_event(user_id=BOB.id, uid="abc@example.org"))
