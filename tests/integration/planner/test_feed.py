"""The calendar feed through the real server: who reads it, until when, and what of it is kept."""

import asyncio
from datetime import datetime, timedelta

import grpc
import psycopg
import pytest
from erasing import deliver
from google.protobuf.timestamp_pb2 import Timestamp
from icalendar import Calendar
from sqlalchemy import text

from auth_service.domain.access_tokens import ACCESS_LIFETIME
from littlemonster.auth.v1.auth_events_pb2 import UserAccessRevoked
from littlemonster.planner.v1 import planner_service_pb2 as pb
from littlemonster.planner.v1.planner_service_pb2_grpc import PlannerServiceStub
from planner_service.consumers import revocations
from planner_service.domain.feeds import OLD_TOKENS_LIVE, Revocation
from planner_service.storage import PostgresStore
from planner_service.storage.feeds import PostgresFeedReader, PostgresFeeds
from planner_service.use_cases.feed import close_revoked
from servicekit.caller import Caller, acting_as
from servicekit.clock import utc_now
from servicekit.database import compile_statement
from servicekit.errors import NotFound, SessionRevoked, Unauthenticated
from servicekit.ids import new_id

ADA, BOB = new_id(), new_id()
SECOND = timedelta(seconds=1)
PLAN = pb.CreateEventRequest(title="Review", start_time=Timestamp(seconds=2_000_000_000))


@pytest.fixture
def ada(loopback):
    return loopback.as_user(ADA)


async def _open(planner, metadata) -> str:
    """The last part of the address."""
    url = (await planner.CreateFeed(pb.CreateFeedRequest(), metadata=metadata)).url
    assert url.startswith("https://school.example.org/calendar/")
    return url.rpartition("/")[2]


@pytest.fixture
async def read(planner_address):
    """Reads a feed as the gateway does: the body and the headers. The mesh's own client does not show headers."""
    async with grpc.aio.insecure_channel(planner_address) as channel:

        async def read(file: str, known: str = ""):
            metadata = (("if-none-match", known),) if known else ()
            call = PlannerServiceStub(channel).GetFeed(pb.GetFeedRequest(file=file), metadata=metadata)
            body = await call
            return body, dict(await call.initial_metadata())

        yield read


async def _refused(planner, file: str) -> str:
    with pytest.raises(NotFound) as missing:
        await planner.GetFeed(pb.GetFeedRequest(file=file))
    return missing.value.reason


async def test_a_feed_shows_its_owner_s_events_to_whoever_has_the_address(planner, read, loopback, ada) -> None:
    mine = await planner.CreateEvent(PLAN, metadata=ada)
    await planner.CreateEvent(PLAN, metadata=loopback.as_user(BOB))
    body, headers = await read(await _open(planner, ada))
    assert body.content_type.startswith("text/calendar")
    assert headers["cache-control"].startswith("private")
    (event,) = Calendar.from_ical(body.data).walk("VEVENT")
    assert str(event["UID"]) == f"{mine.id}@littlemonster"


async def test_who_has_it_already_gets_nothing_until_something_changes(planner, read, ada) -> None:
    file = await _open(planner, ada)
    first, headers = await read(file)
    again, repeated = await read(file, known=f'"other", {headers["etag"]}')
    assert (again.data, repeated["x-http-code"], repeated["etag"]) == (b"", "304", headers["etag"])
    await planner.CreateEvent(PLAN, metadata=ada)
    changed, now = await read(file, known=headers["etag"])
    assert "x-http-code" not in now
    assert (now["etag"] != headers["etag"], len(changed.data) > len(first.data)) == (True, True)


async def test_a_new_address_ends_the_one_before_and_a_closed_feed_answers_nobody(planner, read, ada) -> None:
    first, second = await _open(planner, ada), await _open(planner, ada)
    assert first != second
    assert await _refused(planner, first) == "FEED_NOT_FOUND"
    await read(second)
    for _ in range(2):
        await planner.DeleteFeed(pb.DeleteFeedRequest(), metadata=ada)
    assert await _refused(planner, second) == "FEED_NOT_FOUND"


async def test_nobody_closes_the_feed_of_somebody_else(planner, read, loopback, ada) -> None:
    file = await _open(planner, ada)
    for role in ("STUDENT", "MODERATOR", "ADMIN"):
        await planner.DeleteFeed(pb.DeleteFeedRequest(), metadata=loopback.as_user(BOB, role))
    await read(file)


@pytest.mark.parametrize(
    "file", ["", "x.ics", f"{'a' * 43}.ics", f"{'a' * 43}", f"{'a' * 50_000}.ics", "../../etc.ics"]
)
async def test_an_address_that_never_was_is_not_found(planner, file) -> None:
    assert await _refused(planner, file) == "FEED_NOT_FOUND"


async def test_only_accounts_open_and_close_feeds(planner) -> None:
    for attempt in (planner.CreateFeed(pb.CreateFeedRequest()), planner.DeleteFeed(pb.DeleteFeedRequest())):
        with pytest.raises(Unauthenticated):
            await attempt


async def test_the_token_is_not_kept(planner, ada, database_url) -> None:
    token = (await _open(planner, ada)).removesuffix(".ics")
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT set_config('lm.role', 'SERVICE', false)")
        (row,) = connection.execute("SELECT feeds::text FROM feeds").fetchall()
    assert token not in str(row)
    assert token.encode().hex() not in str(row)


async def _revoke(broker, database, user_id: str, time: datetime, times: int = 1) -> None:
    event = UserAccessRevoked(user_id=user_id)
    event.revoke_time.FromDatetime(time)
    consumer = revocations(broker, database, PostgresFeeds)
    await deliver(broker, consumer, "user.access_revoked", event, times)


async def test_a_feed_answers_nobody_once_the_access_of_its_owner_is_revoked(
    planner, read, loopback, ada, broker, database
) -> None:
    mine, other = await _open(planner, ada), await _open(planner, loopback.as_user(BOB))
    await read(mine)
    await _revoke(broker, database, ADA, utc_now(), times=2)
    assert await _refused(planner, mine) == "FEED_NOT_FOUND"
    await read(other)
    with pytest.raises(SessionRevoked):
        await _open(planner, ada)  # in a process that has not heard of the session's end
    await read(await _open(planner, loopback.as_user(ADA)))  # who signs in again opens another


async def test_of_an_opening_and_a_revocation_at_once_one_sees_the_other(planner, loopback, ada, database) -> None:
    for opens_first in (True, False):
        await _open(planner, ada)
        revocation = Revocation(utc_now(), "")
        with acting_as(Caller.service("planner")):
            async with PostgresStore(database).begin() as work:
                if opens_first:
                    await work.feeds.revocation(ADA)
                    await work.feeds.save(ADA, b"thief's", utc_now())
                    other = asyncio.ensure_future(_close(database, revocation))
                else:
                    await close_revoked(work.feeds, ADA, revocation)
                    other = asyncio.ensure_future(_open(planner, ada))
                await _waits_for_a_row(database)
            (outcome,) = await asyncio.gather(other, return_exceptions=True)
            assert isinstance(outcome, SessionRevoked) is not opens_first
            assert await PostgresFeedReader(database).owner(b"thief's") is None
        ada = loopback.as_user(ADA)


async def _close(database, revocation: Revocation) -> None:
    async with PostgresStore(database).begin() as work:
        await close_revoked(work.feeds, ADA, revocation)


async def _waits_for_a_row(database) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while not await database.one(compile_statement(text(waiting), row=int)):
        pass


async def test_an_old_revocation_that_comes_late_closes_no_newer_feed(planner, read, ada, broker, database) -> None:
    file = await _open(planner, ada)
    await _revoke(broker, database, ADA, utc_now() - OLD_TOKENS_LIVE - SECOND)
    await read(file)


async def test_a_feed_that_a_token_of_before_opened_is_closed_by_a_revocation_that_comes_late(
    planner, ada, broker, database
) -> None:
    file = await _open(planner, ada)
    await _revoke(broker, database, ADA, utc_now() - ACCESS_LIFETIME)
    assert await _refused(planner, file) == "FEED_NOT_FOUND"
