"""The planner through the real server."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from nats.aio.msg import Msg

from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.planner.v1 import planner_service_pb2 as pb
from littlemonster.planner.v1.planner_events_pb2 import PlannerEventChanged, PlannerEventCompleted
from servicekit.clock import utc_now
from servicekit.errors import Aborted, InvalidArgument, NotFound, Unauthenticated
from servicekit.ids import new_id

ADA, BOB = new_id(), new_id()


def _in(**delta: float) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(utc_now() + timedelta(**delta))
    return timestamp


def _plan(**fields: object) -> pb.CreateEventRequest:
    return pb.CreateEventRequest(**{"title": "Review fractions", "start_time": _in(hours=1)} | fields)


async def _list(planner, metadata, **fields: object) -> pb.ListEventsResponse:
    return await planner.ListEvents(pb.ListEventsRequest(**fields), metadata=metadata)


async def test_an_event_is_created_whole_and_listed_in_the_default_period(planner, loopback) -> None:
    ada = loopback.as_user(ADA)
    request = _plan(
        title="  Review fractions ",
        description="Chapter 3",
        subject=SUBJECT_MATH,
        type=pb.EVENT_TYPE_EXAM,
        end_time=_in(hours=2),
        time_zone="Europe/Berlin",
        reminders=[pb.Reminder(minutes_before=30), pb.Reminder(time=_in(minutes=1))],
    )
    made = await planner.CreateEvent(request, metadata=ada)
    assert (made.title, made.user_id, made.subject, made.type) == (
        "Review fractions",
        ADA,
        SUBJECT_MATH,
        pb.EVENT_TYPE_EXAM,
    )
    assert list(made.reminders) == list(request.reminders)
    assert made.etag
    assert not made.completed
    assert await planner.GetEvent(pb.GetEventRequest(event_id=made.id), metadata=ada) == made
    assert list((await _list(planner, ada)).events) == [made]


async def test_only_events_that_overlap_the_period_are_listed(planner, loopback) -> None:
    ada = loopback.as_user(ADA)
    await planner.CreateEvent(_plan(start_time=_in(days=3)), metadata=ada)
    soon = await planner.CreateEvent(_plan(), metadata=ada)
    listed = await _list(planner, ada, start_time=_in(), end_time=_in(days=1))
    assert list(listed.events) == [soon]


async def test_pages_of_the_default_period_hold_each_event_once(planner, loopback) -> None:
    ada = loopback.as_user(ADA)
    starts = [_in(hours=hour) for hour in (3, 1, 2, 2, 5)]
    for start in starts:
        await planner.CreateEvent(_plan(start_time=start), metadata=ada)
    seen, token = [], ""
    while True:
        page = await _list(planner, ada, page_size=2, page_token=token)
        seen += [event.start_time.ToNanoseconds() // 1000 for event in page.events]
        if not (token := page.next_page_token):
            break
    assert seen == sorted(start.ToNanoseconds() // 1000 for start in starts)


async def test_a_page_token_of_another_period_is_refused(planner, loopback) -> None:
    ada = loopback.as_user(ADA)
    for _ in range(2):
        await planner.CreateEvent(_plan(), metadata=ada)
    token = (await _list(planner, ada, page_size=1)).next_page_token
    with pytest.raises(InvalidArgument) as refused:
        await _list(planner, ada, page_token=token, start_time=_in())
    assert refused.value.reason == "PAGE_TOKEN_INVALID"


async def test_eight_requests_with_one_request_id_at_once_make_one_event(planner, loopback) -> None:
    ada, request = loopback.as_user(ADA), _plan(request_id=new_id())
    made = await asyncio.gather(*(planner.CreateEvent(request, metadata=ada) for _ in range(8)))
    assert len({event.id for event in made}) == 1
    assert len((await _list(planner, ada)).events) == 1


@pytest.mark.parametrize("role", ["STUDENT", "MODERATOR", "ADMIN"])
async def test_for_anybody_else_an_event_does_not_exist(planner, loopback, role) -> None:
    ada, bob = loopback.as_user(ADA), loopback.as_user(BOB, role)
    request = _plan(request_id=new_id())
    made = await planner.CreateEvent(request, metadata=ada)
    for attempt in (
        planner.GetEvent(pb.GetEventRequest(event_id=made.id), metadata=bob),
        planner.UpdateEvent(pb.UpdateEventRequest(event_id=made.id, title="Stolen"), metadata=bob),
        planner.CompleteEvent(pb.CompleteEventRequest(event_id=made.id, completed=True), metadata=bob),
        planner.DeleteEvent(pb.DeleteEventRequest(event_id=made.id), metadata=bob),
    ):
        with pytest.raises(NotFound) as missing:
            await attempt
        assert missing.value.reason == "EVENT_NOT_FOUND"
    assert list((await _list(planner, bob)).events) == []
    assert (await planner.CreateEvent(request, metadata=bob)).user_id == BOB
    assert await planner.GetEvent(pb.GetEventRequest(event_id=made.id), metadata=ada) == made


async def test_completing_twice_changes_and_tells_once(planner, loopback, broker) -> None:
    ada = loopback.as_user(ADA)
    async with broker.subscribe("planner.*") as told:
        made = await planner.CreateEvent(_plan(), metadata=ada)
        request = pb.CompleteEventRequest(event_id=made.id, completed=True)
        done = await planner.CompleteEvent(request, metadata=ada)
        assert await planner.CompleteEvent(request, metadata=ada) == done
        request.completed = False
        undone = await planner.CompleteEvent(request, metadata=ada)
        subjects = [await _next(told, made.id) for _ in range(5)]
    assert (done.completed, done.HasField("complete_time"), done.etag != made.etag) == (True, True, True)
    assert (undone.completed, undone.HasField("complete_time")) == (False, False)
    versions = [event.version for event in subjects if isinstance(event, PlannerEventChanged)]
    completions = [event.event for event in subjects if isinstance(event, PlannerEventCompleted)]
    assert (versions, completions) == ([1, 2, 3], [done, undone])


async def test_twenty_completions_at_once_tell_once(planner, loopback, broker) -> None:
    ada = loopback.as_user(ADA)
    async with broker.subscribe("planner.*") as told:
        made = await planner.CreateEvent(_plan(), metadata=ada)
        request = pb.CompleteEventRequest(event_id=made.id, completed=True)
        done = await asyncio.gather(*(planner.CompleteEvent(request, metadata=ada) for _ in range(20)))
        await planner.DeleteEvent(pb.DeleteEventRequest(event_id=made.id), metadata=ada)
        events = [await _next(told, made.id) for _ in range(4)]
    assert all(event == done[0] for event in done)
    assert [getattr(event, "version", None) for event in events] == [1, 2, None, 3]
    assert events[-1].change.type == pb.EventChange.TYPE_DELETED


async def test_an_event_changed_elsewhere_is_not_deleted_but_its_present_state_is(planner, loopback) -> None:
    ada = loopback.as_user(ADA)
    made = await planner.CreateEvent(_plan(), metadata=ada)
    done = await planner.CompleteEvent(pb.CompleteEventRequest(event_id=made.id, completed=True), metadata=ada)
    with pytest.raises(Aborted) as refused:
        await planner.DeleteEvent(pb.DeleteEventRequest(event_id=made.id, etag=made.etag), metadata=ada)
    assert (refused.value.reason, refused.value.metadata["etag"]) == ("EVENT_CHANGED", done.etag)
    answer = await planner.DeleteEvent(pb.DeleteEventRequest(event_id=made.id, etag=done.etag), metadata=ada)
    assert answer == Empty()
    with pytest.raises(NotFound):
        await planner.GetEvent(pb.GetEventRequest(event_id=made.id), metadata=ada)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"title": ""}, None),
        ({"title": "\u2003"}, None),
        ({"title": "a\x00b"}, None),
        ({"title": "x" * 201}, None),
        ({"start_time": None}, None),
        ({"start_time": Timestamp(seconds=10**15)}, "PERIOD_INVALID"),
        ({"end_time": Timestamp(seconds=1)}, "PERIOD_INVALID"),
        ({"time_zone": "Mars/Olympus"}, "TIME_ZONE_UNKNOWN"),
        ({"recurrence": ["RRULE:FREQ=SOMETIMES"]}, "RECURRENCE_INVALID"),
        ({"recurrence": ["RRULE:FREQ=DAILY"] * 21}, None),
        ({"reminders": [pb.Reminder()]}, "REMINDER_INVALID"),
        ({"reminders": [pb.Reminder(minutes_before=-1)]}, None),
        ({"subject": 99}, None),
        ({"request_id": "again"}, None),
    ],
)
async def test_an_event_that_makes_no_sense_is_refused_and_not_saved(planner, loopback, fields, reason) -> None:
    ada = loopback.as_user(ADA)
    with pytest.raises(InvalidArgument) as refused:
        await planner.CreateEvent(_plan(**fields), metadata=ada)
    if reason:
        assert refused.value.reason == reason
    assert refused.value.fields
    assert not [name for name in refused.value.fields if "_" in name], "JSON has no such field"
    assert list((await _list(planner, ada)).events) == []


async def test_nobody_plans_without_signing_in(planner) -> None:
    with pytest.raises(Unauthenticated):
        await planner.CreateEvent(_plan())


async def _next(told: AsyncIterator[Msg], event_id: str) -> Message:
    """What is told next about the event."""
    async for message in told:
        if (message.headers or {}).get("ce-subject") == event_id:
            kind = PlannerEventChanged if message.subject == "planner.event_changed" else PlannerEventCompleted
            return kind.FromString(message.data)
    raise AssertionError("the subscription ended")
