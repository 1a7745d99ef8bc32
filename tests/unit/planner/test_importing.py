"""Files of other tools: what is taken over, what is not and why, and files made to do harm."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fakes.planner.made import HOUR, NOON, a_plan
from fakes.planner.store import FakeStore

from planner_service.domain.calendars import Imported
from planner_service.domain.events import EARLIEST, LATEST, Event, EventType, Period, Reminder, Scope, Subject, Which
from planner_service.errors import CalendarTooLarge, CalendarUnreadable, TimeZoneUnknown, TooManySeries
from planner_service.use_cases.calendar_components import LARGEST_COMPONENT, MOST_COMPONENTS
from planner_service.use_cases.calendar_writing import written
from planner_service.use_cases.events import Planner
from planner_service.use_cases.expansion import starts
from planner_service.use_cases.importing import Importer, plans
from planner_service.use_cases.room import MOST_SERIES
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

pytestmark = pytest.mark.usefixtures("ada")
CALENDARS = Path(__file__).with_name("calendars")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def importer(store: FakeStore) -> Importer:
    return Importer(store, lambda: NOON, new_id)


def _file(*components: str) -> str:
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *components, "END:VCALENDAR", ""])


def _event(*lines: str, uid: str = "1", start: str = "DTSTART:20261123T120000Z") -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", start, *lines, "END:VEVENT"])


async def _sample(importer: Importer, name: str) -> tuple[dict[str, Event], Imported]:
    done = await importer.take((CALENDARS / f"{name}.ics").read_bytes().decode(), "")
    return {event.uid or "": event for event in done.events}, done


def _shown(event: Event) -> Iterator[str]:
    zone = ZoneInfo(event.plan.time_zone)
    return (f"{start.astimezone(zone):%m%d %H%M}" for start in starts(event.plan, Period(EARLIEST, LATEST)))


async def test_a_calendar_of_google_is_taken_over_with_its_edited_occurrence(importer) -> None:
    events, done = await _sample(importer, "google")
    assert done.failures == []
    club = events["maths-club@google.com"]
    assert (club.plan.title, club.plan.description) == ("Maths club", "Bring a <b>ruler</b>, please.\nRoom 12")
    assert (club.plan.time_zone, club.plan.reminders) == ("Europe/Berlin", (Reminder(minutes_before=30),))
    shown = list(_shown(club))
    assert (shown[:3], shown[-1]) == (["0907 1500", "0921 1500", "0928 1500"], "1214 1500")
    assert "1012 1500" not in shown
    moved = events["maths-club@google.com#20260914T130000Z"]
    assert (moved.plan.title, list(_shown(moved))) == ("Maths club (moved)", ["0915 1630"])
    holiday = events["holiday@google.com"].plan
    assert (holiday.all_day, holiday.time_zone) == (True, "Europe/Berlin")
    assert holiday.start_time == datetime(2026, 10, 3, tzinfo=BERLIN)
    assert holiday.end_time == datetime(2026, 10, 4, tzinfo=BERLIN)
    assert events["test@google.com"].plan.time_zone == "UTC"


async def test_a_calendar_of_apple_is_taken_over_and_its_task_is_named(importer) -> None:
    events, done = await _sample(importer, "apple")
    essay = events["0F0A9C1E-7D65-4A0B-9E51-2B6C4C4B8D11"]
    assert essay.plan.title == "History essay – draft with a summary that is so long that it has to be folded"
    assert list(_shown(essay)) == ["0909 0900", "1014 0900", "1111 0900", "1209 0900", "0113 0900", "0210 0900"]
    at = datetime(2026, 9, 8, 22, tzinfo=UTC)
    assert essay.plan.reminders == (Reminder(minutes_before=60), Reminder(time=at))
    ((failure),) = done.failures
    assert (failure.line, failure.uid) == (33, "B2E1C6A0-1111-4D55-9C80-2E9D6F5A1B22")
    assert "VTODO" in failure.reason


async def test_a_calendar_of_outlook_is_taken_over_with_the_zone_windows_calls_otherwise(importer) -> None:
    events, done = await _sample(importer, "outlook")
    assert done.failures == []
    (physics,) = events.values()
    assert (physics.plan.time_zone, physics.plan.type) == ("Europe/Berlin", EventType.EXAM)
    assert list(_shown(physics)) == ["1001 0900", "1003 0900", "1005 0900"]


@pytest.mark.parametrize("name", ["google", "apple", "outlook"])
async def test_a_second_import_of_the_same_file_changes_nothing(importer, store, name) -> None:
    await _sample(importer, name)
    told = list(store.told)
    events, _ = await _sample(importer, name)
    assert events == {}
    assert store.told == told


async def test_a_second_import_changes_what_the_file_says_otherwise_and_keeps_what_is_done(importer, store) -> None:
    planner = Planner(store, lambda: NOON, new_id)
    first = (await importer.take(_file(_event("SUMMARY:One")), "")).events[0]
    await planner.complete(first.id, True, None)
    (changed,) = (await importer.take(_file(_event("SUMMARY:Two")), "")).events
    assert (changed.id, changed.plan.title, changed.version) == (first.id, "Two", 3)
    assert len(changed.completions) == 1


async def test_the_same_uid_in_two_planners_is_two_events(importer) -> None:
    mine = (await importer.take(_file(_event()), "")).events
    with acting_as(Caller(new_id(), Role.STUDENT)):
        others = (await importer.take(_file(_event("SUMMARY:Other")), "")).events
    assert len({mine[0].id, others[0].id}) == 2


async def test_a_planner_imported_into_itself_stays_as_it_is(importer, store) -> None:
    planner = Planner(store, lambda: NOON, new_id)
    plans_ = [
        a_plan(subject=Subject.MATH, type=EventType.EXAM, reminders=(Reminder(minutes_before=5), Reminder(time=NOON))),
        a_plan(time_zone="Europe/Berlin", recurrence=("RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE:20261130T120000Z")),
        a_plan(description="a; b\\c"),
    ]
    events = [await planner.create(plan, None) for plan in plans_]
    done = await importer.take(written(events).decode(), "")
    assert (done.events, done.failures) == ([], [])


async def test_a_feed_of_somebody_else_makes_events_of_ones_own(importer, store) -> None:
    planner = Planner(store, lambda: NOON, new_id)
    with acting_as(Caller(new_id(), Role.STUDENT)):
        theirs = await planner.create(a_plan(), None)
    (mine,) = (await importer.take(written([theirs]).decode(), "")).events
    assert (mine.id != theirs.id, mine.plan) == (True, theirs.plan)


async def test_a_changed_import_reminds_at_its_new_time(importer, store) -> None:
    alarm = "BEGIN:VALARM\nTRIGGER:-PT15M\nEND:VALARM"
    (event,) = (await importer.take(_file(_event(alarm, start="DTSTART:20261124T120000Z")), "")).events
    stored = await store.events.get(event.user_id, event.id)
    assert stored.reminder_time == NOON + timedelta(hours=23, minutes=45)


@pytest.mark.parametrize(
    ("asked", "of_file", "zone"),
    [
        ("", "", "UTC"),
        ("", "X-WR-TIMEZONE:America/New_York", "America/New_York"),
        ("Asia/Tokyo", "X-WR-TIMEZONE:America/New_York", "Asia/Tokyo"),
        ("", "X-WR-TIMEZONE:Mars/Olympus", "UTC"),
    ],
)
async def test_a_time_without_a_zone_is_of_the_zone_asked_for_or_of_the_file(importer, asked, of_file, zone) -> None:
    text = _file(*([of_file] if of_file else []), _event(start="DTSTART:20261123T120000"))
    (event,) = (await importer.take(text, asked)).events
    assert event.plan.time_zone == zone
    assert event.plan.start_time.astimezone(ZoneInfo(zone)).hour == 12


async def test_a_zone_of_the_file_s_own_is_understood_by_the_place_it_names(importer) -> None:
    own = "BEGIN:VTIMEZONE\nTZID:Ours\nX-LIC-LOCATION:Europe/Berlin\nEND:VTIMEZONE"
    names = ["Ours", "/freeassociation.sourceforge.net/Europe/Berlin", "Romance Standard Time", "Nowhere"]
    components = [_event(uid=name, start=f"DTSTART;TZID={name}:20261123T120000") for name in names]
    done = await importer.take(_file(own, *components), "")
    assert [event.plan.time_zone for event in done.events] == ["Europe/Berlin", "Europe/Berlin", "Europe/Paris"]
    assert [(each.uid, "not known: Nowhere" in each.reason) for each in done.failures] == [("Nowhere", True)]


async def test_an_asked_zone_that_does_not_exist_is_refused(importer) -> None:
    with pytest.raises(TimeZoneUnknown):
        await importer.take(_file(_event()), "Mars/Olympus")


@pytest.mark.parametrize(
    ("component", "reason"),
    [
        (_event(start="SUMMARY:x"), "has no DTSTART"),
        (_event(start="DTSTART:garbage"), "cannot be read"),
        (_event(start="DTSTART;VALUE=DATE:20261399"), "cannot be read"),
        (_event("DTEND;VALUE=DATE:20261124"), "DTEND of another kind"),
        (_event("DTEND:20261122T120000Z"), "is before startTime"),
        (_event("DURATION:P99999999999D"), "cannot be read"),
        (_event("DURATION:-P1D"), "is before startTime"),
        (_event("RRULE:FREQ=SECONDLY"), "use DAILY with BYHOUR"),
        (_event("RRULE:FREQ=DAILY;COUNT=x"), "cannot be read"),
        (_event("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "never comes true"),
        (_event("RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"), "second RRULE"),
        (_event("RRULE:FREQ=DAILY;BYSETPOS=" + ",".join(["1"] * 20_000)), "450 characters"),
        (_event("EXRULE:FREQ=DAILY"), "EXRULE"),
        (_event("RDATE;VALUE=PERIOD:20261201T090000Z/PT1H"), "is a period"),
        (_event("RECURRENCE-ID;RANGE=THISANDFUTURE:20261123T120000Z"), "RANGE"),
        (_event("STATUS:CANCELLED"), "was cancelled"),
        (_event(uid=""), "has no UID"),
        (_event(uid="x" * 600), "has no UID"),
        (_event(start="DTSTART:18000101T000000Z"), "1900 and 2200"),
        (_event("no colon"), ""),
        (_event("DESCRIPTION:" + "x" * (LARGEST_COMPONENT + 1)), "characters"),
        (_event("RRULE:FREQ=DAILY", "EXDATE:" + ",".join(["20261201T090000Z"] * 3000)), ""),
        ("BEGIN:VJOURNAL\nUID:1\nEND:VJOURNAL", "VJOURNAL"),
    ],
)
async def test_what_cannot_be_taken_over_is_told_with_its_line_and_the_rest_is_taken(
    importer, component, reason
) -> None:
    done = await importer.take(_file(_event("SUMMARY:Good", uid="good"), component), "")
    assert "good" in {event.uid for event in done.events}
    if reason:
        ((failure),) = done.failures
        assert failure.line == 8
        assert reason in failure.reason


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 1, "empty"),
        ("\n\n", 1, "empty"),
        ("hello", 1, "before BEGIN:VCALENDAR"),
        ("<html>\n</html>", 1, "before BEGIN:VCALENDAR"),
        ("BEGIN:VEVENT\nEND:VEVENT", 1, "outside VCALENDAR"),
        ("BEGIN:VCALENDAR\nVERSION:2.0", 2, "VCALENDAR has no END"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VCALENDAR", 4, "not what was begun last"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR", 3, "not what was begun last"),
        ("BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 5, 5, "inside 4 others"),
        ("BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 100_000, 5, "inside 4 others"),
        ("\x00\x01\x02", 1, "before BEGIN:VCALENDAR"),
    ],
)
async def test_a_file_that_is_no_calendar_is_refused_with_the_line(importer, text, line, problem) -> None:
    with pytest.raises(CalendarUnreadable) as refused:
        await importer.take(text, "")
    assert refused.value.metadata["line"] == str(line)
    assert problem in refused.value.detail


@pytest.mark.parametrize("component", ["BEGIN:VEVENT\nEND:VEVENT", "BEGIN:VTIMEZONE\nEND:VTIMEZONE"])
async def test_ten_thousand_components_are_refused_at_once(importer, store, component) -> None:
    with pytest.raises(CalendarTooLarge):
        await importer.take(_file(*[component] * 10_000), "")
    assert store.told == []


async def test_a_file_of_as_many_components_as_there_may_be_is_taken(importer) -> None:
    done = await importer.take(_file(*[_event(uid=str(number)) for number in range(MOST_COMPONENTS)]), "")
    assert (len(done.events), done.failures) == (MOST_COMPONENTS, [])


async def test_hundreds_of_rules_that_take_long_to_refuse_do_not_take_for_ever() -> None:
    rule = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    text = _file(*[_event(rule, uid=str(number)) for number in range(MOST_COMPONENTS)])
    found, failures = plans(text, "", seconds=0.5)
    assert found == []
    assert len(failures) == MOST_COMPONENTS
    assert "smaller file" in failures[-1].reason


async def test_lines_may_be_folded_and_end_in_any_way_and_begin_with_a_byte_order_mark(importer) -> None:
    text = "\ufeff" + _file(_event("SUMMARY:Fol\n ded\n\t twice"))
    for number, ending in enumerate(("\n", "\r\n", "\r")):
        done = await importer.take(text.replace("UID:1", f"UID:{number}").replace("\n", ending), "")
        assert [event.plan.title for event in done.events] == ["Folded twice"]


async def test_titles_become_one_line_of_bounded_length(importer) -> None:
    done = await importer.take(_file(_event("SUMMARY:a\\nb\x07" + "x" * 300), _event(uid="2")), "")
    assert [(len(each.plan.title), each.plan.title[:4]) for each in done.events] == [(200, "a b "), (10, "(no ")]


async def test_two_components_with_one_uid_are_not_both_taken(importer) -> None:
    done = await importer.take(_file(_event("SUMMARY:One"), _event("SUMMARY:Two")), "")
    assert [event.plan.title for event in done.events] == ["One"]
    assert "UID of the component on line 3" in done.failures[0].reason


async def test_a_cancelled_occurrence_is_left_out_of_its_series(importer) -> None:
    cancelled = _event("RECURRENCE-ID:20261124T120000Z", "STATUS:CANCELLED", start="DTSTART:20261124T120000Z")
    done = await importer.take(_file(_event("RRULE:FREQ=DAILY;COUNT=3"), cancelled), "")
    (series,) = done.events
    assert list(_shown(series)) == ["1123 1200", "1125 1200"]


async def test_one_occurrence_of_an_imported_series_can_be_edited(importer, store) -> None:
    planner = Planner(store, lambda: NOON, new_id)
    (series,) = (await importer.take(_file(_event("RRULE:FREQ=DAILY;COUNT=3")), "")).events
    for scope, day in ((Scope.THIS, 1), (Scope.FOLLOWING, 2)):
        parted = await planner.update(series.id, {"title": "Algebra"}, "", Which(scope, NOON + 24 * day * HOUR))
        assert await planner.get(parted.id) == parted
    assert list(_shown(await planner.get(series.id))) == ["1123 1200"]


async def test_only_so_many_series_fit_into_a_planner(importer, store) -> None:
    planner = Planner(store, lambda: NOON, new_id)
    series = [_event("RRULE:FREQ=DAILY;COUNT=2", uid=str(number)) for number in range(MOST_SERIES + 1)]
    done = await importer.take(_file(*series), "")
    assert len(done.events) == MOST_SERIES
    assert str(MOST_SERIES) in done.failures[0].reason
    with pytest.raises(TooManySeries):
        await planner.create(a_plan(recurrence=("RRULE:FREQ=DAILY",)), None)
    single = await planner.create(a_plan(), None)
    with pytest.raises(TooManySeries):
        await planner.update(single.id, {"recurrence": ("RRULE:FREQ=DAILY",)}, "", Which())
