"""One occurrence, or those from one on, apart from their series."""

from datetime import timedelta

import pytest
from fakes.planner.made import HOUR, NOON, a_plan, an_event
from fakes.planner.store import FakeStore
from hypothesis import example, given
from hypothesis import strategies as some

from planner_service.domain.events import Completion, Period, Scope, Which
from planner_service.errors import EventChanged, OccurrenceNotFound, OccurrenceRequired, RecurrenceInvalid
from planner_service.use_cases.events import Planner
from planner_service.use_cases.expansion import starts
from planner_service.use_cases.split import split
from servicekit.caller import Caller
from servicekit.ids import new_id

pytestmark = pytest.mark.usefixtures("ada")
DAY = timedelta(days=1)
DAYS = Period(NOON, NOON + 10 * DAY)
DAILY = a_plan(recurrence=("RRULE:FREQ=DAILY;COUNT=5",))


async def _listed(planner: Planner) -> list[tuple[int, str, bool]]:
    """The day, title and completion of everything in the first ten days."""
    found = await planner.overlapping(DAYS, 100, None)
    return [((each.start - NOON).days, each.event.plan.title[0], each.complete_time is not None) for each in found]


async def test_occurrences_are_listed_among_other_events_and_paged(planner: Planner) -> None:
    await planner.create(DAILY, None)
    await planner.create(a_plan(start_time=NOON + 2 * DAY, end_time=NOON + 2 * DAY), None)
    whole = await planner.overlapping(DAYS, 100, None)
    seen, after = [], None
    while page := await planner.overlapping(DAYS, 2, after):
        seen += page
        after = (page[-1].start, page[-1].event.id)
    assert seen == whole
    assert [(each.start - NOON).days for each in whole] == [0, 1, 2, 2, 3, 4]


async def test_one_occurrence_is_done_without_the_others(planner: Planner) -> None:
    event = await planner.create(DAILY, None)
    done = await planner.complete(event.id, True, NOON + DAY)
    assert (done.start, done.complete_time) == (NOON + DAY, NOON)
    assert [is_done for _, _, is_done in await _listed(planner)] == [False, True, False, False, False]
    await planner.complete(event.id, False, NOON + DAY)
    assert not any(is_done for _, _, is_done in await _listed(planner))


async def test_a_series_needs_to_know_which_occurrence(planner: Planner) -> None:
    event = await planner.create(DAILY, None)
    for attempt in (
        planner.complete(event.id, True, None),
        planner.delete(event.id, "", Which(Scope.THIS)),
        planner.update(event.id, {}, "", Which(Scope.FOLLOWING)),
    ):
        with pytest.raises(OccurrenceRequired):
            await attempt


async def test_an_occurrence_that_does_not_take_place_is_not_found(planner: Planner) -> None:
    event = await planner.create(DAILY, None)
    for start in (NOON - DAY, NOON + HOUR, NOON + 5 * DAY):
        for attempt in (
            planner.complete(event.id, True, start),
            planner.delete(event.id, "", Which(Scope.THIS, start)),
            planner.update(event.id, {}, "", Which(Scope.FOLLOWING, start)),
        ):
            with pytest.raises(OccurrenceNotFound):
                await attempt


async def test_all_occurrences_change_together(planner: Planner) -> None:
    event = await planner.create(DAILY, None)
    await planner.complete(event.id, True, NOON + DAY)
    await planner.update(event.id, {"title": "Algebra"}, "", Which())
    assert await _listed(planner) == [(day, "A", day == 1) for day in range(5)]


async def test_one_occurrence_changes_and_keeps_that_it_is_done(planner: Planner, store: FakeStore) -> None:
    event = await planner.create(DAILY, None)
    await planner.complete(event.id, True, NOON + DAY)
    parted = await planner.update(event.id, {"title": "Algebra"}, "", Which(Scope.THIS, NOON + DAY))
    assert (parted.id != event.id, parted.plan.recurrence) == (True, ())
    assert await _listed(planner) == [
        (0, "R", False),
        (1, "A", True),
        (2, "R", False),
        (3, "R", False),
        (4, "R", False),
    ]
    told = [about for subject, about, _ in store.told if subject == "planner.event_changed"]
    assert told == [event.id, event.id, event.id, parted.id]


async def test_from_one_occurrence_on_the_others_change(planner: Planner) -> None:
    event = await planner.create(DAILY, None)
    await planner.complete(event.id, True, NOON)
    await planner.complete(event.id, True, NOON + 3 * DAY)
    await planner.update(event.id, {"title": "Algebra"}, "", Which(Scope.FOLLOWING, NOON + 2 * DAY))
    assert await _listed(planner) == [(0, "R", True), (1, "R", False), (2, "A", False), (3, "A", True), (4, "A", False)]


async def test_what_is_parted_is_neither_the_request_s_nor_the_file_s_that_brought_the_series(
    planner: Planner, store: FakeStore, ada: Caller
) -> None:
    requested = await planner.create(DAILY, new_id())
    async with store.begin() as work:
        await work.events.add(imported := an_event(DAILY, user_id=ada.id, uid="lesson@school.example"))
    for event in (requested, imported):
        parted = await planner.update(event.id, {"title": "Algebra"}, "", Which(Scope.THIS, NOON + DAY))
        assert (parted.request_id, parted.uid) == (None, None)
        assert await planner.get(parted.id) == parted
    assert [title for _, title, _ in await _listed(planner)].count("A") == 2


@pytest.mark.parametrize("scope", Scope)
async def test_a_rule_that_is_refused_is_refused_for_every_part_of_a_series(planner: Planner, scope: Scope) -> None:
    event = await planner.create(DAILY, None)
    with pytest.raises(RecurrenceInvalid):
        await planner.update(event.id, {"recurrence": ("RRULE:FREQ=HOURLY",)}, "", Which(scope, NOON + DAY))
    assert await _listed(planner) == [(day, "R", False) for day in range(5)]


@pytest.mark.parametrize(
    ("which", "left"),
    [
        (Which(Scope.THIS, NOON + DAY), [0, 2, 3, 4]),
        (Which(Scope.FOLLOWING, NOON + 2 * DAY), [0, 1]),
        (Which(Scope.FOLLOWING, NOON), []),
        (Which(Scope.ALL), []),
    ],
)
async def test_the_named_occurrences_are_deleted_and_no_others(planner: Planner, which: Which, left: list[int]) -> None:
    event = await planner.create(DAILY, None)
    await planner.delete(event.id, event.etag, which)
    assert [day for day, *_ in await _listed(planner)] == left


@pytest.mark.parametrize("scope", [Scope.THIS, Scope.FOLLOWING])
async def test_what_stays_of_a_series_is_another_version_of_it(planner: Planner, scope: Scope) -> None:
    event = await planner.create(DAILY, None)
    await planner.update(event.id, {"title": "Algebra"}, event.etag, Which(scope, NOON + DAY))
    with pytest.raises(EventChanged):
        await planner.update(event.id, {"title": "Biology"}, event.etag, Which())


@pytest.mark.parametrize("scope", [Scope.THIS, Scope.FOLLOWING])
async def test_a_series_of_which_something_was_deleted_is_another_version_of_it(planner: Planner, scope: Scope) -> None:
    event = await planner.create(DAILY, None)
    await planner.delete(event.id, event.etag, Which(scope, NOON + DAY))
    with pytest.raises(EventChanged):
        await planner.update(event.id, {"title": "Biology"}, event.etag, Which())


@pytest.mark.parametrize("scope", [Scope.THIS, Scope.FOLLOWING])
async def test_what_is_parted_from_a_series_is_the_first_version_of_an_event_of_its_own(
    planner: Planner, scope: Scope
) -> None:
    event = await planner.create(DAILY, new_id())
    await planner.complete(event.id, True, NOON + DAY)
    parted = await planner.update(event.id, {"title": "Algebra"}, "", Which(scope, NOON + DAY))
    assert (parted.version, parted.request_id, parted.uid) == (1, None, None)


async def test_a_series_changed_elsewhere_is_not_split(planner: Planner) -> None:
    event = await planner.create(DAILY, None)
    await planner.complete(event.id, True, NOON)
    for scope in Scope:
        with pytest.raises(EventChanged):
            await planner.update(event.id, {"title": "Algebra"}, event.etag, Which(scope, NOON + DAY))
    assert {title for _, title, _ in await _listed(planner)} == {"R"}


@example(limit=";COUNT=9", extra={18}, excluded=set(), at=9, scope=Scope.FOLLOWING)
@example(limit="", extra={0}, excluded=set(), at=1, scope=Scope.FOLLOWING)
@given(
    limit=some.sampled_from(["", ";COUNT=9", ";UNTIL=20261212T000000Z"]),
    extra=some.sets(some.integers(0, 20), max_size=3),
    excluded=some.sets(some.integers(1, 20), max_size=3),
    at=some.integers(0, 100),
    scope=some.sampled_from([Scope.THIS, Scope.FOLLOWING]),
)
def test_both_parts_together_are_the_whole(
    limit: str, extra: set[int], excluded: set[int], at: int, scope: Scope
) -> None:
    lines = [f"RRULE:FREQ=DAILY;INTERVAL=2{limit}"]
    lines += [f"RDATE:{NOON + day * DAY + HOUR:%Y%m%dT%H%M%SZ}" for day in sorted(extra)]
    lines += [f"EXDATE:{NOON + day * DAY:%Y%m%dT%H%M%SZ}" for day in sorted(excluded)]
    plan, period = a_plan(recurrence=tuple(lines), time_zone="Europe/Berlin"), Period(NOON - DAY, NOON + 60 * DAY)
    whole = list(starts(plan, period))
    chosen = whole[at % len(whole)]
    event = an_event(plan, completions=tuple(Completion(start, NOON) for start in whole))
    if parts := split(event, scope, chosen):
        rest, parted = parts
        assert sorted([*starts(rest.plan, period), *starts(parted.plan, period)]) == whole
        assert next(starts(parted.plan, period)) == chosen
        assert sorted((*rest.completions, *parted.completions), key=lambda each: each.occurrence_start) == list(
            event.completions
        )
