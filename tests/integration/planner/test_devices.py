"""Several devices of one account: fetching what changed, and watching it."""

import asyncio

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from littlemonster.planner.v1 import planner_service_pb2 as pb
from littlemonster.planner.v1.planner_service_pb2_grpc import PlannerServiceStub
from servicekit.errors import InvalidArgument, Unauthenticated
from servicekit.ids import new_id
from servicekit.status import from_rpc_error

ADA, BOB = new_id(), new_id()
PLAN = pb.CreateEventRequest(title="Review", start_time=Timestamp(seconds=2_000_000_000))


@pytest.fixture
def ada(loopback):
    return loopback.as_user(ADA)


async def _sync(planner, metadata, token: str = "", size: int = 0) -> pb.SyncEventsResponse:
    return await planner.SyncEvents(pb.SyncEventsRequest(sync_token=token, page_size=size), metadata=metadata)


async def test_a_device_is_told_what_another_changed_since(planner, ada) -> None:
    kept, gone = [await planner.CreateEvent(PLAN, metadata=ada) for _ in range(2)]
    first = await _sync(planner, ada)
    assert (list(first.events), first.full_sync, first.has_more) == ([kept, gone], True, False)
    changed = await planner.UpdateEvent(pb.UpdateEventRequest(event_id=kept.id, title="Algebra"), metadata=ada)
    await planner.DeleteEvent(pb.DeleteEventRequest(event_id=gone.id), metadata=ada)
    then = await _sync(planner, ada, first.next_sync_token)
    assert (list(then.events), list(then.deleted_event_ids), then.full_sync) == ([changed], [gone.id], False)
    last = await _sync(planner, ada, then.next_sync_token)
    assert last == pb.SyncEventsResponse(next_sync_token=then.next_sync_token)


async def test_pages_fetched_while_others_write_miss_nothing(planner, ada) -> None:
    async def write() -> None:
        for _ in range(10):
            made = await planner.CreateEvent(PLAN, metadata=ada)
            await planner.CompleteEvent(pb.CompleteEventRequest(event_id=made.id, completed=True), metadata=ada)

    writing = asyncio.gather(write(), write(), write())
    etags, token = {}, ""
    while True:
        done = writing.done()
        page = await _sync(planner, ada, token, size=3)
        etags |= {event.id: event.etag for event in page.events}
        token = page.next_sync_token
        if done and not page.has_more:
            break
    await writing
    assert etags == {event.id: event.etag for event in (await _sync(planner, ada, size=500)).events}
    assert len(etags) == 30


async def test_a_token_of_somebody_else_is_refused(planner, loopback, ada) -> None:
    await planner.CreateEvent(PLAN, metadata=ada)
    token = (await _sync(planner, ada)).next_sync_token
    for forged in (token, "forged"):
        with pytest.raises(InvalidArgument) as refused:
            await _sync(planner, loopback.as_user(BOB), forged)
        assert refused.value.reason == "SYNC_TOKEN_INVALID"


@pytest.fixture
async def watch(loopback, planner_address, broker):
    """Opens streams on a bare channel: only there a call shows when its headers come."""

    async def open_stream(user: str):
        channel = grpc.aio.insecure_channel(planner_address)
        loopback.stack.push_async_callback(channel.close)
        stream = PlannerServiceStub(channel).WatchEvents(pb.WatchEventsRequest(), metadata=loopback.as_user(user))
        await stream.initial_metadata()
        return stream

    return open_stream


async def test_an_account_watches_its_own_changes_and_no_others(
    planner, loopback, ada, audience, broker, watch
) -> None:
    await _followed(planner, loopback, watch)
    phone, laptop = await watch(ADA), await watch(ADA)
    await planner.CreateEvent(PLAN, metadata=loopback.as_user(BOB))
    made = await planner.CreateEvent(PLAN, metadata=ada)
    changed = await planner.UpdateEvent(pb.UpdateEventRequest(event_id=made.id, title="Algebra"), metadata=ada)
    await planner.DeleteEvent(pb.DeleteEventRequest(event_id=made.id), metadata=ada)
    expected = [
        pb.EventChange(type=pb.EventChange.TYPE_CREATED, event=made),
        pb.EventChange(type=pb.EventChange.TYPE_UPDATED, event=changed),
        pb.EventChange(type=pb.EventChange.TYPE_DELETED, event=changed),
    ]
    for stream in (phone, laptop):
        assert [await stream.read() for _ in expected] == expected


async def test_a_stream_that_may_have_missed_something_ends_and_says_how_to_fetch_it(audience, watch) -> None:
    stream = await watch(ADA)
    audience.catch_up()
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await stream.read()
    error = from_rpc_error(ended.value, "planner")
    assert (ended.value.code(), error.reason) == (grpc.StatusCode.UNAVAILABLE, "CHANGES_MISSED")
    assert "events:sync" in error.detail


async def test_watching_and_fetching_need_an_account(planner) -> None:
    with pytest.raises(Unauthenticated):
        await anext(aiter(planner.WatchEvents(pb.WatchEventsRequest())))
    with pytest.raises(Unauthenticated):
        await _sync(planner, ())


async def _followed(planner, loopback, watch) -> None:
    """Returns once the process hears of changes: its subscription begins a moment after the process does."""
    somebody = new_id()
    stream = await watch(somebody)
    heard = asyncio.ensure_future(stream.read())
    while not heard.done():
        await planner.CreateEvent(PLAN, metadata=loopback.as_user(somebody))
        await asyncio.wait([heard], timeout=0.1)
