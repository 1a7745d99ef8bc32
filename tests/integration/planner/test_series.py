"""Recurring events, changes from two devices and progress through the real server."""

import asyncio
from datetime import timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.planner.v1 import planner_service_pb2 as pb
from servicekit.clock import utc_now
from servicekit.errors import Aborted, InvalidArgument, NotFound
from servicekit.ids import new_id

ADA = new_id()
START = utc_now().replace(microsecond=0) + timedelta(hours=1)
WEEK = timedelta(weeks=1)


def _at(time) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(time)
    return timestamp


@pytest.fixture
def ada(loopback):
    return loopback.as_user(ADA)


@pytest.fixture
async def series(planner, ada) -> pb.Event:
    """Four weeks."""
    request = pb.CreateEventRequest(
        title="Review", start_time=_at(START), subject=SUBJECT_MATH, recurrence=["RRULE:FREQ=WEEKLY;COUNT=4"]
    )
    return await planner.CreateEvent(request, metadata=ada)


async def _listed(planner, ada) -> list[pb.Event]:
    found, token = [], ""
    while True:
        request = pb.ListEventsRequest(
            start_time=_at(START), end_time=_at(START + 9 * WEEK), page_size=3, page_token=token
        )
        page = await planner.ListEvents(request, metadata=ada)
        found += page.events
        if not (token := page.next_page_token):
            return found


async def test_a_series_is_listed_as_its_occurrences_page_by_page(planner, ada, series) -> None:
    listed = await _listed(planner, ada)
    assert [each.occurrence_start for each in listed] == [_at(START + week * WEEK) for week in range(4)]
    assert all(each.start_time == each.occurrence_start and each.id == series.id for each in listed)


async def test_an_occurrence_is_completed_once_however_many_ask_at_once(planner, ada, series) -> None:
    request = pb.CompleteEventRequest(event_id=series.id, completed=True, occurrence_start=_at(START + WEEK))
    done = await asyncio.gather(*(planner.CompleteEvent(request, metadata=ada) for _ in range(8)))
    assert all(each == done[0] for each in done)
    assert (done[0].completed, done[0].occurrence_start) == (True, _at(START + WEEK))
    assert [each.completed for each in await _listed(planner, ada)] == [False, True, False, False]


async def test_completing_every_occurrence_at_once_loses_none(planner, ada, series) -> None:
    requests = [
        pb.CompleteEventRequest(event_id=series.id, completed=True, occurrence_start=_at(START + week * WEEK))
        for week in range(4)
    ]
    await asyncio.gather(*(planner.CompleteEvent(request, metadata=ada) for request in requests))
    assert all(each.completed for each in await _listed(planner, ada))


async def test_of_two_devices_that_change_an_event_at_once_one_wins(planner, ada, series) -> None:
    requests = [pb.UpdateEventRequest(event_id=series.id, title=title, etag=series.etag) for title in ("One", "Two")]
    answers = await asyncio.gather(
        *(planner.UpdateEvent(request, metadata=ada) for request in requests), return_exceptions=True
    )
    [won] = [each for each in answers if isinstance(each, pb.Event)]
    [lost] = [each for each in answers if isinstance(each, Aborted)]
    assert (lost.reason, lost.metadata["etag"]) == ("EVENT_CHANGED", won.etag)
    assert await planner.GetEvent(pb.GetEventRequest(event_id=series.id), metadata=ada) == won


async def test_only_given_fields_change(planner, ada, series) -> None:
    changed = await planner.UpdateEvent(pb.UpdateEventRequest(event_id=series.id, title=" Algebra "), metadata=ada)
    assert (changed.title, changed.subject, changed.recurrence) == ("Algebra", SUBJECT_MATH, series.recurrence)
    assert changed.etag != series.etag
    assert changed.update_time.ToDatetime() > series.update_time.ToDatetime()


@pytest.mark.parametrize("scope", ["THIS", "FOLLOWING"])
async def test_a_part_of_a_series_is_changed_and_deleted(planner, ada, series, scope) -> None:
    third = _at(START + 2 * WEEK)
    request = pb.UpdateEventRequest(event_id=series.id, scope=scope, occurrence_start=third, title="Algebra")
    parted = await planner.UpdateEvent(request, metadata=ada)
    changed = {"THIS": [2], "FOLLOWING": [2, 3]}[scope]
    assert [week for week, each in enumerate(await _listed(planner, ada)) if each.id == parted.id] == changed
    request = pb.DeleteEventRequest(event_id=series.id, scope=scope, occurrence_start=_at(START + WEEK))
    await planner.DeleteEvent(request, metadata=ada)
    assert len(await _listed(planner, ada)) == 3


async def test_a_change_that_makes_no_sense_is_refused_and_not_saved(planner, ada, series) -> None:
    for fields, reason in (
        ({"title": "\u2003"}, "REQUEST_INVALID"),
        ({"title": "a\x00b"}, "REQUEST_INVALID"),
        ({"end_time": _at(START - WEEK)}, "PERIOD_INVALID"),
        ({"time_zone": "Mars/Olympus"}, "TIME_ZONE_UNKNOWN"),
        ({"recurrence": ["RRULE:FREQ=HOURLY"]}, "RECURRENCE_INVALID"),
        ({"scope": "THIS"}, "OCCURRENCE_REQUIRED"),
    ):
        with pytest.raises(InvalidArgument) as refused:
            await planner.UpdateEvent(pb.UpdateEventRequest(event_id=series.id, **fields), metadata=ada)
        assert refused.value.reason == reason
    request = pb.CompleteEventRequest(event_id=series.id, completed=True, occurrence_start=_at(START + 9 * WEEK))
    with pytest.raises(NotFound) as missing:
        await planner.CompleteEvent(request, metadata=ada)
    assert missing.value.reason == "OCCURRENCE_NOT_FOUND"
    assert await planner.GetEvent(pb.GetEventRequest(event_id=series.id), metadata=ada) == series


async def test_progress_counts_the_caller_s_own_and_nobody_else_s(planner, loopback, ada, series) -> None:
    request = pb.CompleteEventRequest(event_id=series.id, completed=True, occurrence_start=_at(START))
    await planner.CompleteEvent(request, metadata=ada)
    period = pb.GetProgressRequest(start_time=_at(START), end_time=_at(START + 2 * WEEK))
    progress = await planner.GetProgress(period, metadata=ada)
    count = pb.ProgressCount(planned=2, completed=1, completion_rate=0.5)
    assert (progress.total, progress.by_subject["SUBJECT_MATH"], progress.streak_days) == (count, count, 1)
    assert progress.by_type["EVENT_TYPE_STUDY"] == count
    assert len(progress.by_week) == 2
    others = await planner.GetProgress(period, metadata=loopback.as_user(new_id()))
    assert (others.total.planned, others.streak_days) == (0, 0)


async def test_progress_of_a_period_that_makes_no_sense_is_refused(planner, ada) -> None:
    request = pb.GetProgressRequest(start_time=_at(START), end_time=_at(START - WEEK))
    with pytest.raises(InvalidArgument) as refused:
        await planner.GetProgress(request, metadata=ada)
    assert refused.value.reason == "PERIOD_INVALID"
