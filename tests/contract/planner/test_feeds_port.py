"""Every store keeps feeds, and what closed them, by this contract."""

from contract.planner.test_store_port import ADA, BOB, ada  # noqa: F401  # a fixture
from fakes.planner.made import HOUR, NOON, an_event

from planner_service.domain.events import Happening
from planner_service.domain.feeds import Revocation
from planner_service.ports import Store
from servicekit.caller import Caller, acting_as
from servicekit.ids import new_id


async def test_a_feed_opens_by_its_newest_token_until_it_is_closed(store: Store) -> None:
    planner = Caller.service("planner")
    async with store.begin() as work:
        await work.feeds.save(ADA.id, b"first", NOON)
        await work.feeds.save(ADA.id, b"second", NOON)
    with acting_as(BOB):
        async with store.begin() as work:
            await work.feeds.save(BOB.id, b"third", NOON)
            await work.feeds.remove(BOB.id)
    with acting_as(planner):
        owners = [await store.feeds.owner(digest) for digest in (b"first", b"second", b"third")]
    assert owners == [None, ADA.id, None]


async def test_a_feed_is_closed_by_what_came_after_it_alone(store: Store) -> None:
    for owner in (ADA, BOB):
        with acting_as(owner):
            async with store.begin() as work:
                await work.feeds.save(owner.id, owner.id.encode(), NOON)
    with acting_as(Caller.service("planner")):
        async with store.begin() as work:
            await work.feeds.remove_opened_by(ADA.id, NOON - HOUR)
        assert await store.feeds.owner(ADA.id.encode()) == ADA.id
        async with store.begin() as work:
            await work.feeds.remove_opened_by(ADA.id, NOON)
        assert await store.feeds.owner(ADA.id.encode()) is None
        assert await store.feeds.owner(BOB.id.encode()) == BOB.id


async def test_of_revocations_the_latest_is_remembered_in_whatever_order_they_come(store: Store) -> None:
    event = an_event(user_id=ADA.id)
    async with store.begin() as work:
        assert await work.events.add(event)
        assert await work.feeds.revocation(ADA.id) is None
        await work.changed(Happening.CREATED, event)
    first, second = Revocation(NOON, new_id()), Revocation(NOON + HOUR, "")
    for owner, told in ((ADA, (second, first)), (BOB, (first, second, second))):
        with acting_as(Caller.service("planner")):
            for each in told:
                async with store.begin() as work:
                    await work.feeds.revoked(owner.id, each)
        with acting_as(owner):
            async with store.begin() as work:
                assert await work.feeds.revocation(owner.id) == second
    assert await store.events.version(ADA.id) == 1
