"""When an event reminds, and what the scheduler sends."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from fakes.planner.made import HOUR, NOON, a_plan, an_event
from fakes.planner.store import FakeStore
from hypothesis import given, settings
from hypothesis import strategies as some

from planner_service.domain.events import Completion, Period, Plan, Reminder, Scope, Which
from planner_service.use_cases.events import Planner
from planner_service.use_cases.expansion import starts
from planner_service.use_cases.reminders import KEPT, LATE, MOST_AT_ONCE, Scheduler, batch, reminders
from servicekit.ids import new_id

pytestmark = pytest.mark.usefixtures("ada")
DAY, MINUTE = 24 * HOUR, timedelta(minutes=1)
QUARTER = Reminder(minutes_before=15)
DAILY = a_plan(recurrence=("RRULE:FREQ=DAILY",), reminders=(QUARTER,))


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = NOON - 2 * HOUR

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def planner(store: FakeStore, clock: Clock) -> Planner:
    return Planner(store, clock, new_id)


@pytest.fixture
def scheduler(store: FakeStore, clock: Clock) -> Scheduler:
    return Scheduler(store, clock)


async def _pass(scheduler: Scheduler, clock: Clock, now: datetime) -> None:
    clock.now = now
    while await scheduler.send_due():
        pass


async def test_each_reminder_of_an_event_is_sent_when_it_is_due_and_once(planner, scheduler, store, clock) -> None:
    plan = a_plan(reminders=(QUARTER, Reminder(minutes_before=60), Reminder(time=NOON - 30 * MINUTE)))
    event = await planner.create(plan, None)
    for minutes in range(120, -60, -1):
        await _pass(scheduler, clock, NOON - minutes * MINUTE)
    due = [NOON - minutes * MINUTE for minutes in (60, 30, 15)]
    assert store.reminded == [(event.id, NOON, time, False) for time in due]


async def test_a_series_reminds_of_each_occurrence(planner, scheduler, store, clock) -> None:
    event = await planner.create(DAILY, None)
    for hours in range(-2, 72):
        await _pass(scheduler, clock, NOON + hours * HOUR)
    starts_ = [NOON + day * DAY for day in range(3)]
    assert [(start, time) for _, start, time, _ in store.reminded] == [(each, each - 15 * MINUTE) for each in starts_]
    assert (await store.events.get(event.user_id, event.id)).version == event.version


async def test_what_came_due_while_nobody_sent_comes_late_and_says_so(planner, scheduler, store, clock) -> None:
    event = await planner.create(DAILY, None)
    await _pass(scheduler, clock, NOON + DAY)
    assert store.reminded == [
        (event.id, NOON, NOON - 15 * MINUTE, True),
        (event.id, NOON + DAY, NOON + DAY - 15 * MINUTE, True),
    ]


@pytest.mark.parametrize(("after", "late"), [(timedelta(0), False), (LATE, False), (LATE + timedelta(seconds=1), True)])
async def test_a_reminder_is_late_a_minute_after_its_time(planner, scheduler, store, clock, after, late) -> None:
    await planner.create(a_plan(reminders=(QUARTER,)), None)
    await _pass(scheduler, clock, NOON - 15 * MINUTE + after)
    assert [each[-1] for each in store.reminded] == [late]


async def test_what_is_older_than_a_week_is_not_sent_any_more(planner, scheduler, store, clock) -> None:
    await planner.create(DAILY, None)
    await _pass(scheduler, clock, NOON + 30 * DAY)
    assert len(store.reminded) == KEPT.days
    assert store.reminded[0][1] == NOON + 24 * DAY


async def test_what_was_due_before_the_event_was_made_is_not_sent(planner, scheduler, store, clock) -> None:
    clock.now = NOON - 10 * MINUTE
    await planner.create(a_plan(reminders=(QUARTER, Reminder(minutes_before=5))), None)
    await _pass(scheduler, clock, NOON)
    assert [time for _, _, time, _ in store.reminded] == [NOON - 5 * MINUTE]


@pytest.mark.parametrize("start", [NOON + DAY, NOON - HOUR])
async def test_a_moved_event_reminds_of_its_new_time_alone(planner, scheduler, store, clock, start) -> None:
    event = await planner.create(a_plan(reminders=(QUARTER,)), None)
    await planner.update(event.id, {"start_time": start, "end_time": start + HOUR}, "", Which())
    for now in (start - 15 * MINUTE, NOON + 2 * DAY):
        await _pass(scheduler, clock, now)
        assert [(begins, late) for _, begins, _, late in store.reminded] == [(start, False)]


async def test_a_deleted_event_does_not_remind(planner, scheduler, store, clock) -> None:
    event = await planner.create(a_plan(reminders=(QUARTER,)), None)
    await planner.delete(event.id, "", Which())
    await _pass(scheduler, clock, NOON)
    assert store.reminded == []


async def test_a_completed_occurrence_does_not_remind_until_it_is_open_again(planner, scheduler, store, clock) -> None:
    event = await planner.create(DAILY, None)
    await planner.complete(event.id, True, NOON)
    await planner.complete(event.id, True, NOON + DAY)
    await planner.complete(event.id, False, NOON + DAY)
    await _pass(scheduler, clock, NOON + DAY)
    assert [start for _, start, _, _ in store.reminded] == [NOON + DAY]


async def test_an_occurrence_that_is_deleted_does_not_remind_and_the_others_do(
    planner, scheduler, store, clock
) -> None:
    event = await planner.create(DAILY, None)
    await planner.delete(event.id, "", Which(Scope.THIS, NOON + DAY))
    await _pass(scheduler, clock, NOON + 2 * DAY)
    assert [start for _, start, _, _ in store.reminded] == [NOON, NOON + 2 * DAY]


async def test_a_change_of_something_else_loses_no_reminder_that_waits(planner, scheduler, store, clock) -> None:
    event = await planner.create(a_plan(reminders=(QUARTER,)), None)
    clock.now = NOON - 5 * MINUTE
    await planner.update(event.id, {"title": "Algebra"}, "", Which())
    await _pass(scheduler, clock, NOON)
    assert [(each_id, late) for each_id, _, _, late in store.reminded] == [(event.id, True)]


async def test_an_event_that_cannot_be_expanded_does_not_hold_up_the_others(scheduler, store, clock) -> None:
    broken = an_event(a_plan(recurrence=("RRULE:FREQ=NEVER",), reminders=(QUARTER,)), reminder_time=NOON - HOUR)
    sound = an_event(a_plan(reminders=(QUARTER,)), reminder_time=NOON - 15 * MINUTE)
    async with store.begin() as work:
        await work.events.add(broken)
        await work.events.add(sound)
    await _pass(scheduler, clock, NOON)
    assert [each for each, *_ in store.reminded] == [sound.id]


def test_one_batch_of_an_event_is_bounded_and_the_next_goes_on_after_it() -> None:
    plan = a_plan(start_time=NOON - 6 * DAY, end_time=NOON, recurrence=("RRULE:FREQ=DAILY;BYHOUR=0,3,6,9,12,15,18,21",))
    event = an_event(Plan(**{**_fields(plan), "reminders": (QUARTER,)}), reminder_time=NOON - 6 * DAY - 15 * MINUTE)
    first = batch(event, NOON)
    assert len(first.due) == MOST_AT_ONCE
    assert first.due[-1].time < first.next_time <= NOON


def _fields(plan: Plan) -> dict[str, object]:
    return {name: getattr(plan, name) for name in Plan.__dataclass_fields__}


def test_a_fixed_time_reminds_of_the_occurrence_that_comes_next() -> None:
    plan = a_plan(recurrence=("RRULE:FREQ=DAILY;COUNT=3",), reminders=(Reminder(time=NOON + HOUR),))
    assert [(due.start, due.time) for due in reminders(an_event(plan), NOON)] == [(NOON + DAY, NOON + HOUR)]


@settings(deadline=None)  # a busy machine is no failure
@given(
    minutes=some.sets(some.sampled_from([0, 15, 60, 1440, 40320]), min_size=1),
    rule=some.sampled_from(
        ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,WE", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=DAILY;COUNT=7"]
    ),
    done=some.sets(some.integers(0, 20)),
    since=some.integers(-2000, 2000),
    zone=some.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
)
def test_reminders_are_those_of_every_open_occurrence_by_time(
    minutes: set[int], rule: str, done: set[int], since: int, zone: str
) -> None:
    offsets = tuple(Reminder(minutes_before=each) for each in minutes)
    plan = a_plan(recurrence=(f"RRULE:{rule}",), reminders=offsets, time_zone=zone)
    whole = list(starts(plan, Period(NOON, NOON + 400 * DAY)))
    completions = tuple(Completion(start, NOON) for number, start in enumerate(whole) if number in done)
    time, end = NOON + since * HOUR, NOON + 300 * DAY
    every = sorted(
        (start - timedelta(minutes=each), start)
        for start in whole
        for each in minutes
        if start not in {completion.occurrence_start for completion in completions}
    )
    found = reminders(an_event(plan, completions=completions), time)
    expected = [each for each in every if time <= each[0] < end][:30]
    assert [(due.time, due.start) for due in islice(found, len(expected))] == expected


def test_nothing_is_due_of_an_event_without_reminders() -> None:
    assert list(reminders(an_event(), datetime(1950, 1, 1, tzinfo=UTC))) == []
