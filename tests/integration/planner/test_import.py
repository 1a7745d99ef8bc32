"""Importing calendars through the real server, also twice at once."""

import asyncio
from pathlib import Path

import pytest

from littlemonster.planner.v1 import planner_service_pb2 as pb
from servicekit.errors import InvalidArgument, Unauthenticated
from servicekit.ids import new_id

CALENDARS = Path(__file__).parents[2] / "unit/planner/calendars"
GOOGLE = (CALENDARS / "google.ics").read_bytes().decode()


@pytest.fixture
def ada(loopback):
    return loopback.as_user(new_id())


async def _take(planner, metadata, ics: str, **fields: str) -> pb.ImportCalendarResponse:
    return await planner.ImportCalendar(pb.ImportCalendarRequest(ics=ics, **fields), metadata=metadata)


async def _all(planner, metadata) -> list[pb.Event]:
    return list((await planner.SyncEvents(pb.SyncEventsRequest(page_size=500), metadata=metadata)).events)


async def test_a_file_is_taken_over_and_each_failure_has_its_line(planner, ada) -> None:
    broken = "BEGIN:VEVENT\r\nUID:broken\r\nDTSTART:x\r\nEND:VEVENT\r\nEND:VCALENDAR"
    done = await _take(planner, ada, GOOGLE.replace("END:VCALENDAR", broken))
    assert {event.title for event in done.events} == {
        "Maths club",
        "Maths club (moved)",
        "Day of German Unity",
        "Chemistry test",
    }
    ((failure),) = done.failures
    lines = GOOGLE.splitlines()
    assert (failure.line, failure.uid) == (lines.index("END:VCALENDAR") + 1, "broken")
    assert "cannot be read" in failure.reason
    assert len(await _all(planner, ada)) == 4


async def test_the_same_file_twice_at_once_makes_each_event_once(planner, ada) -> None:
    done = await asyncio.gather(*(_take(planner, ada, GOOGLE) for _ in range(4)))
    assert sum(len(each.events) for each in done) == 4
    assert all(not each.failures for each in done)
    assert len(await _all(planner, ada)) == 4


async def test_files_with_the_same_events_in_another_order_do_not_hold_each_other_up(planner, ada) -> None:
    events = [f"BEGIN:VEVENT\nUID:{number}\nDTSTART:20261123T120000Z\nSUMMARY:{{}}\nEND:VEVENT" for number in range(60)]
    orders = [events, events[::-1], events[30:] + events[:30]]
    files = ["BEGIN:VCALENDAR\n" + "\n".join(order).format(*["x"] * 60) + "\nEND:VCALENDAR" for order in orders]
    done = await asyncio.gather(*(_take(planner, ada, file) for file in files))
    assert sum(len(each.events) for each in done) == 60
    assert len(await _all(planner, ada)) == 60


async def test_an_import_beside_changes_of_the_same_events_loses_neither(planner, ada) -> None:
    (event,) = [each for each in (await _take(planner, ada, GOOGLE)).events if each.title == "Chemistry test"]
    newer = GOOGLE.replace("SUMMARY:Chemistry test", "SUMMARY:Chemistry exam")
    done = pb.CompleteEventRequest(event_id=event.id, completed=True)
    await asyncio.gather(_take(planner, ada, newer), planner.CompleteEvent(done, metadata=ada))
    now = await planner.GetEvent(pb.GetEventRequest(event_id=event.id), metadata=ada)
    assert (now.title, now.completed) == ("Chemistry exam", True)


async def test_an_import_is_its_caller_s_alone(planner, loopback, ada) -> None:
    await _take(planner, ada, GOOGLE)
    bob = loopback.as_user(new_id())
    assert await _all(planner, bob) == []
    assert len((await _take(planner, bob, GOOGLE)).events) == 4
    with pytest.raises(Unauthenticated):
        await planner.ImportCalendar(pb.ImportCalendarRequest(ics=GOOGLE))


@pytest.mark.parametrize(
    ("ics", "zone", "reason"),
    [
        ("hello", "", "CALENDAR_UNREADABLE"),
        ("BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\nEND:VEVENT\n" * 10_000 + "END:VCALENDAR", "", "CALENDAR_TOO_LARGE"),
        (GOOGLE, "Mars/Olympus", "TIME_ZONE_UNKNOWN"),
        ("", "", "REQUEST_INVALID"),
        ("x" * 1_000_001, "", "REQUEST_INVALID"),
    ],
    ids=["no calendar", "10,000 components", "unknown zone", "nothing", "too long"],
)
async def test_a_file_that_cannot_be_taken_is_refused_with_the_reason(planner, ada, ics, zone, reason) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await _take(planner, ada, ics, time_zone=zone)
    assert refused.value.reason == reason
    assert await _all(planner, ada) == []
