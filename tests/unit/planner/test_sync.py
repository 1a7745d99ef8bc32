"""What a device is told of changes made elsewhere."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from fakes.planner.made import NOON, a_plan, an_event
from fakes.planner.store import FakeStore
from hypothesis import given, settings
from hypothesis import strategies as some

from littlemonster.planner.v1 import planner_service_pb2 as pb
from planner_service import convert
from planner_service.domain.events import Which
from planner_service.domain.sync import Changes, Position, Tombstone, page
from planner_service.errors import EventChanged, EventNotFound, SyncTokenInvalid
from planner_service.use_cases.events import Planner
from planner_service.use_cases.sync import Sync, forget_deletions
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id
from servicekit.pagination import encode_page_token

ADA = Caller(new_id(), Role.STUDENT)


@dataclass
class Device:
    """A client as the contract asks for it: what a full fetch does not name is forgotten at its end."""

    sync: Sync
    position: Position | None = None
    etags: dict[str, str] = field(default_factory=dict)
    fetched: set[str] | None = None

    async def fetch(self, size: int) -> bool:
        """One page; whether there is more."""
        changes = await self.sync.since(self.position, size)
        if changes.full and self.fetched is None:
            self.fetched = set()
        for event in changes.events:
            self.etags[event.id] = event.etag
        for event_id in changes.deleted:
            self.etags.pop(event_id, None)
        if self.fetched is not None:
            self.fetched |= {event.id for event in changes.events}
            if not changes.has_more:
                self.etags = {each: etag for each, etag in self.etags.items() if each in self.fetched}
                self.fetched = None
        self.position = changes.next
        return changes.has_more

    def any_id(self, number: int) -> str:
        return sorted(self.etags)[number % len(self.etags)] if self.etags else new_id()


_ACTIONS = some.lists(
    some.tuples(
        some.integers(0, 1),
        some.sampled_from(["create", "create", "change", "complete", "delete", "fetch", "fetch", "forget"]),
        some.integers(0, 9),
        some.integers(1, 3),
    ),
    min_size=10,
    max_size=40,
)


@settings(max_examples=200)
@given(_ACTIONS)
def test_two_devices_end_with_the_same_whatever_they_did_in_between(
    actions: list[tuple[int, str, int, int]],
) -> None:
    asyncio.run(_converge(actions))


async def _converge(actions: list[tuple[int, str, int, int]]) -> None:
    store = FakeStore()
    planner = Planner(store, lambda: NOON, new_id)
    devices = [Device(Sync(store)), Device(Sync(store))]
    with acting_as(ADA):
        for which, action, number, size in actions:
            device = devices[which]
            event_id = device.any_id(number)
            with contextlib.suppress(EventChanged, EventNotFound):
                match action:
                    case "create":
                        await planner.create(a_plan(), None)
                    case "change":
                        etag = device.etags.get(event_id, "")
                        await planner.update(event_id, {"title": f"Title {number}"}, etag, Which())
                    case "complete":
                        await planner.complete(event_id, number % 2 == 0, None)
                    case "delete":
                        await planner.delete(event_id, device.etags.get(event_id, ""), Which())
                    case "fetch":
                        await device.fetch(size)
                    case "forget" if not any(each.fetched for each in devices):
                        await forget_deletions(store, lambda: datetime.now(UTC), timedelta(seconds=-1))
        for device in devices:
            while await device.fetch(2):
                pass
        truth = {event.id: event.etag for event in await store.events.changed_between(ADA.id, 0, 10**9, 10**9)}
    assert [device.etags for device in devices] == [truth, truth]


def test_a_page_holds_changes_and_deletions_in_their_order() -> None:
    events = [an_event(sequence=2), an_event(sequence=5)]
    tombstones = [Tombstone("a", 3), Tombstone("b", 4)]
    first = page(Position(1), 5, events, tombstones, 2, full=False)
    assert first == Changes((events[0],), ("a",), Position(3), has_more=True, full=False)
    rest = page(first.next, 5, events[1:], tombstones[1:], 2, full=False)
    assert rest == Changes((events[1],), ("b",), Position(5), has_more=False, full=False)


@pytest.fixture
def sync(store: FakeStore) -> Sync:
    return Sync(store)


async def test_a_new_device_fetches_everything_and_hears_of_no_earlier_deletion(
    ada: Caller, planner: Planner, sync: Sync
) -> None:
    kept, gone = await planner.create(a_plan(), None), await planner.create(a_plan(), None)
    await planner.delete(gone.id, "", Which())
    changes = await sync.since(None, 9)
    assert changes == Changes((kept,), (), Position(3), has_more=False, full=True)
    assert await sync.since(changes.next, 9) == Changes((), (), Position(3), has_more=False, full=False)


async def test_everything_is_fetched_page_by_page_and_only_later_deletions_are_told(
    ada: Caller, planner: Planner, sync: Sync
) -> None:
    made = [await planner.create(a_plan(), None) for _ in range(4)]
    await planner.delete(made[0].id, "", Which())
    first = await sync.since(None, 2)
    await planner.delete(made[1].id, "", Which())
    rest = await sync.since(first.next, 2)
    assert first == Changes((made[1], made[2]), (), Position(3, floor=5), has_more=True, full=True)
    assert rest == Changes((made[3],), (made[1].id,), Position(6), has_more=False, full=True)


async def test_a_device_that_was_away_for_too_long_fetches_everything(
    ada: Caller, planner: Planner, store: FakeStore, sync: Sync
) -> None:
    kept, gone = await planner.create(a_plan(), None), await planner.create(a_plan(), None)
    position = (await sync.since(None, 9)).next
    await planner.delete(gone.id, "", Which())
    assert (await sync.since(position, 9)).deleted == (gone.id,)
    await forget_deletions(store, lambda: datetime.now(UTC) + timedelta(days=91), timedelta(days=90))
    changes = await sync.since(position, 9)
    assert (changes.full, changes.events, changes.deleted) == (True, (kept,), ())


async def test_a_device_ahead_of_a_planner_restored_from_a_backup_fetches_everything(
    ada: Caller, planner: Planner, sync: Sync
) -> None:
    await planner.create(a_plan(), None)
    assert (await sync.since(Position(7), 9)).full


async def test_nobody_is_told_of_another_planner(ada: Caller, planner: Planner, sync: Sync) -> None:
    await planner.create(a_plan(), None)
    with acting_as(Caller(new_id(), Role.ADMIN)):
        assert (await sync.since(None, 9)).events == ()


def test_a_token_is_for_one_account() -> None:
    changes = Changes((), (), Position(3, 1), has_more=True, full=True)
    token = convert.changed(changes, ADA.id).next_sync_token
    assert convert.position(pb.SyncEventsRequest(sync_token=token), ADA.id) == Position(3, 1)
    assert convert.position(pb.SyncEventsRequest(), ADA.id) is None
    for forged in (
        convert.changed(changes, new_id()).next_sync_token,
        encode_page_token(f"sync {ADA.id}", -1, 0),
        encode_page_token(f"sync {ADA.id}", "1", 0),
        encode_page_token(f"sync {ADA.id}", 1, 2**31),
        "forged",
    ):
        with pytest.raises(SyncTokenInvalid):
            convert.position(pb.SyncEventsRequest(sync_token=forged), ADA.id)
