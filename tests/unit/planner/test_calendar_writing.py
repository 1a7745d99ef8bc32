"""The feed's file, read back by icalendar as calendar programs do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rruleset, rrulestr
from fakes.planner.made import HOUR, NOON, a_plan, an_event
from icalendar import Calendar
from icalendar import Event as Component

from planner_service.domain.events import EARLIEST, LATEST, Event, EventType, Period, Reminder, Subject, check
from planner_service.use_cases.calendar_writing import uid, written
from planner_service.use_cases.expansion import starts

BERLIN = ZoneInfo("Europe/Berlin")


def _calendar(*events: Event) -> Calendar:
    return Calendar.from_ical(written(events))


def _component(event: Event) -> Component:
    (component,) = _calendar(event).walk("VEVENT")
    return component


def test_a_calendar_says_what_it_is_and_when_to_look_again() -> None:
    calendar = _calendar()
    told = {name: str(calendar[name]) for name in ("VERSION", "CALSCALE", "METHOD", "NAME", "X-WR-CALNAME")}
    assert list(told.values()) == ["2.0", "GREGORIAN", "PUBLISH", "Little Monster", "Little Monster"]
    assert (calendar["REFRESH-INTERVAL"].dt, calendar["X-PUBLISHED-TTL"]) == (HOUR, "PT1H")
    assert calendar["PRODID"]


def test_the_same_events_give_the_same_bytes() -> None:
    events = [an_event(a_plan(time_zone="Europe/Berlin", recurrence=("RRULE:FREQ=WEEKLY",))) for _ in range(3)]
    assert written(events) == written(events)


def test_lines_are_folded_and_end_as_rfc_5545_says() -> None:
    content = written([an_event(a_plan(description="Ünïcödé; a, b\nc\\d " * 40))])
    lines = content.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert all(len(line) <= 75 for line in lines)
    assert str(_component(an_event(a_plan(description="a; b, c\nd\\e")))["DESCRIPTION"]) == "a; b, c\nd\\e"


def test_an_event_is_told_whole_and_keeps_its_uid() -> None:
    plan = a_plan(description="Chapter 3", subject=Subject.MATH, type=EventType.EXAM, time_zone="Europe/Berlin")
    event = an_event(plan, version=4, update_time=NOON + HOUR)
    component = _component(event)
    assert str(component["UID"]) == f"{event.id}@littlemonster" == uid(event)
    assert (str(component["SUMMARY"]), str(component["DESCRIPTION"])) == ("Review fractions", "Chapter 3")
    assert (component["DTSTART"].dt, component["DTEND"].dt) == (NOON, NOON + HOUR)
    assert component["DTSTART"].params["TZID"] == "Europe/Berlin"
    assert (component["DTSTAMP"].dt, component["CREATED"].dt, int(component["SEQUENCE"])) == (NOON + HOUR, NOON, 3)
    assert list(map(str, component["CATEGORIES"].cats)) == ["EXAM", "MATH"]


def test_an_imported_event_keeps_the_uid_it_came_with() -> None:
    assert str(_component(an_event(uid="abc@google.com"))["UID"]) == "abc@google.com"


def test_whole_days_are_days_without_a_zone() -> None:
    plan = check(
        a_plan(
            start_time=datetime(2026, 11, 23, tzinfo=BERLIN).astimezone(UTC),
            end_time=datetime(2026, 11, 25, tzinfo=BERLIN).astimezone(UTC),
            all_day=True,
            time_zone="Europe/Berlin",
            recurrence=("RRULE:FREQ=WEEKLY;UNTIL=20261220T230000Z", "EXDATE:20261129T230000Z"),
        )
    )
    calendar = _calendar(an_event(plan))
    (component,) = calendar.walk("VEVENT")
    assert (component["DTSTART"].dt, component["DTEND"].dt) == (date(2026, 11, 23), date(2026, 11, 25))
    assert component["RRULE"]["UNTIL"] == [date(2026, 12, 21)]
    assert [each.dt for each in component["EXDATE"].dts] == [date(2026, 11, 30)]
    assert calendar.walk("VTIMEZONE") == []


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe"])
def test_each_zone_is_defined_once_and_defines_what_the_clock_shows(zone: str) -> None:
    plans = [
        a_plan(time_zone=zone, start_time=NOON + months * 30 * 24 * HOUR, end_time=NOON + 9000 * HOUR)
        for months in range(13)
    ]
    (timezone,) = _calendar(*map(an_event, plans)).walk("VTIMEZONE")
    defined = timezone.to_tz()
    assert str(timezone["TZID"]) == zone
    for plan in plans:
        wall = plan.start_time.astimezone(ZoneInfo(zone))
        assert plan.start_time.astimezone(defined).utcoffset() == wall.utcoffset()


def test_a_series_recurs_in_other_programs_as_it_does_here() -> None:
    lines = (
        "RRULE:FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20270401T000000Z",
        "RDATE:20261225T090000Z",
        "EXDATE:20261126T120000Z",
    )
    component = _component(an_event(a_plan(time_zone="Europe/Berlin", recurrence=lines)))
    series = rruleset()
    series.rrule(rrulestr(component["RRULE"].to_ical().decode(), dtstart=component["DTSTART"].dt))
    for each in component["RDATE"].dts:
        series.rdate(each.dt)
    for each in component["EXDATE"].dts:
        series.exdate(each.dt)
    plan = a_plan(time_zone="Europe/Berlin", recurrence=lines)
    assert [each.astimezone(UTC) for each in series] == list(starts(plan, Period(EARLIEST, LATEST)))
    assert component["EXDATE"].params["TZID"] == "Europe/Berlin"


def test_reminders_are_alarms() -> None:
    reminders = (Reminder(minutes_before=15), Reminder(minutes_before=0), Reminder(time=NOON - HOUR))
    alarms = _component(an_event(a_plan(reminders=reminders))).walk("VALARM")
    assert [alarm["TRIGGER"].dt for alarm in alarms] == [timedelta(minutes=-15), timedelta(0), NOON - HOUR]
    assert {str(alarm["ACTION"]) for alarm in alarms} == {"DISPLAY"}
    assert all(alarm["DESCRIPTION"] for alarm in alarms)
