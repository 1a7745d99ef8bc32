"""An erased account leaves nothing in the planner, however often it is asked, and nobody else's rows are touched."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from erasing import Erase, erasing
from fakes.planner.made import NOON, an_event
from personal_traces import rows_about, tables_about
from psycopg.conninfo import conninfo_to_dict

from planner_service.consumers import erasures
from planner_service.domain.events import Happening
from planner_service.domain.feeds import Revocation
from planner_service.storage import PostgresStore
from planner_service.storage.personal_data import EVERYTHING, erase
from planner_service.use_cases.feed import close_revoked
from servicekit.caller import Caller, acting_as
from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.messaging.broker import Broker
from servicekit.personal_data.erasure import Erasure
from servicekit.personal_data.records import read

ADA, BEN = new_id(), new_id()


@pytest.fixture
async def planned(database: Database, broker: Broker) -> None:
    """Ada and Ben each have an event done, one deleted, and a calendar feed."""
    with acting_as(Caller.service("planner")):
        for owner in (ADA, BEN):
            kept, gone = an_event(user_id=owner, complete_time=NOON), an_event(user_id=owner)
            async with PostgresStore(database).begin() as work:
                await work.events.add(kept)
                await work.changed(Happening.CREATED, kept)
                await work.changed(Happening.DELETED, gone)
                await work.feeds.save(owner, owner.encode(), NOON)


@pytest.fixture
async def erase_account(broker: Broker, database: Database) -> AsyncIterator[Erase]:
    consumer = erasures(broker, database, Erasure("planner", erase))
    async with erasing(broker, database, consumer) as asked:
        yield asked


async def test_nothing_is_left_but_that_it_was_erased(planned, erase_account, backing, database_url) -> None:
    name = str(conninfo_to_dict(database_url)["dbname"])
    others = rows_about(backing.postgres_url, name, BEN)
    receipt = await erase_account(ADA, times=3)
    assert (receipt.service, receipt.row_count) == ("planner", 4)
    assert tables_about(backing.postgres_url, name, ADA) == {"erased_users": 1}
    assert rows_about(backing.postgres_url, name, BEN) == others


async def test_a_revocation_that_is_heard_late_brings_nothing_back(
    planned, erase_account, database, backing, database_url
) -> None:
    await erase_account(ADA)
    with acting_as(Caller.service("planner")):
        async with PostgresStore(database).begin() as work:
            await close_revoked(work.feeds, ADA, Revocation(NOON, ""))
    name = str(conninfo_to_dict(database_url)["dbname"])
    assert tables_about(backing.postgres_url, name, ADA) == {"erased_users": 1}


async def test_an_account_asked_for_again_is_answered_again_with_the_same(planned, erase_account) -> None:
    first = await erase_account(ADA)
    again = await erase_account(ADA)
    assert (first.row_count, again.row_count) == (4, 4)


async def test_an_account_the_planner_never_saw_is_answered_too(erase_account) -> None:
    assert (await erase_account(new_id())).row_count == 0


async def test_what_is_handed_out_is_all_of_ones_own_and_nothing_else(planned, database) -> None:
    with acting_as(Caller.service("planner")):
        handed: list[tuple[str, Any]] = [each async for each in read(database, EVERYTHING, ADA)]
    assert [name for name, record in handed if record] == ["events", "tombstones", "planners", "feeds"]
    assert all(ADA in record and BEN not in record for _, record in handed if record)
    assert all("digest" not in record for _, record in handed)
