"""Which plans make sense."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fakes.planner.made import HOUR, NOON, a_plan, an_event

from planner_service.domain.events import (
    EARLIEST,
    LATEST,
    Completion,
    Period,
    Reminder,
    change,
    check,
    check_etag,
    complete,
    period,
)
from planner_service.errors import EventChanged, PeriodInvalid, TimeZoneUnknown, TitleEmpty


def test_a_title_loses_the_white_space_around_it() -> None:
    assert check(a_plan(title="  Review ")).title == "Review"


def test_a_title_of_unicode_white_space_is_refused() -> None:
    with pytest.raises(TitleEmpty):
        check(a_plan(title="\u2003"))


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Argentina/Ushuaia"])
def test_a_time_zone_of_the_database_is_taken(name: str) -> None:
    assert check(a_plan(time_zone=name)).time_zone == name


@pytest.mark.parametrize(
    "name",
    ["Mars/Olympus", "", "../../etc/passwd", "/etc/localtime", "europe/berlin ", "UTC\x00", "localtime", "Factory"],
)
def test_a_time_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(TimeZoneUnknown):
        check(a_plan(time_zone=name))


def test_an_event_may_have_no_length() -> None:
    check(a_plan(end_time=NOON))


def test_an_end_before_the_start_is_refused_by_its_field() -> None:
    with pytest.raises(PeriodInvalid) as refused:
        check(a_plan(end_time=NOON - HOUR))
    assert list(refused.value.fields) == ["endTime"]


@pytest.mark.parametrize("start", [EARLIEST - HOUR, LATEST])
def test_a_time_no_planner_can_mean_is_refused(start) -> None:
    with pytest.raises(PeriodInvalid):
        check(a_plan(start_time=start, end_time=start))


def test_a_reminder_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(PeriodInvalid):
        check(a_plan(reminders=(Reminder(time=LATEST),)))


def test_a_period_not_stated_begins_a_week_ago_and_lasts_thirty_days() -> None:
    assert period(None, None, NOON) == Period(NOON - timedelta(days=7), NOON + timedelta(days=23))


@pytest.mark.parametrize("end", [NOON - HOUR, NOON + timedelta(days=401)])
def test_a_period_may_be_neither_backwards_nor_endless(end) -> None:
    with pytest.raises(PeriodInvalid):
        period(NOON, end, NOON)


def test_a_period_at_the_end_of_the_calendar_is_refused_not_overflown() -> None:
    with pytest.raises(PeriodInvalid):
        period(LATEST - HOUR, None, NOON)


def test_completing_changes_the_etag_and_a_repeat_changes_nothing() -> None:
    event = an_event()
    done = complete(event.occurrence(NOON), True, NOON + HOUR)
    assert (done.occurrence(NOON).complete_time, done.etag != event.etag) == (NOON + HOUR, True)
    assert complete(done.occurrence(NOON), True, NOON + 2 * HOUR) is done


def test_what_was_done_can_be_undone() -> None:
    event = an_event(complete_time=NOON)
    assert complete(event.occurrence(NOON), False, NOON).completions == ()


def test_an_etag_that_is_not_the_present_one_is_refused_with_the_present_one() -> None:
    event = an_event(version=3)
    check_etag(event, "")
    check_etag(event, "3")
    with pytest.raises(EventChanged, match="etag 3"):
        check_etag(event, "2")


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("2026-11-23T12:00", "2026-11-23T12:00", "2026-11-23T00:00", "2026-11-24T00:00"),
        ("2026-11-23T00:00", "2026-11-24T00:00", "2026-11-23T00:00", "2026-11-24T00:00"),
        ("2026-11-23T22:00", "2026-11-25T01:00", "2026-11-23T00:00", "2026-11-26T00:00"),
        ("2026-11-23T00:00", "2026-11-23T00:00", "2026-11-23T00:00", "2026-11-24T00:00"),
        ("2026-03-29T09:00", "2026-03-29T09:00", "2026-03-29T00:00", "2026-03-30T00:00"),
    ],
)
def test_whole_days_go_from_midnight_to_midnight_of_their_zone(start: str, end: str, first: str, last: str) -> None:
    def berlin(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"))

    plan = check(a_plan(start_time=berlin(start), end_time=berlin(end), all_day=True, time_zone="Europe/Berlin"))
    assert (plan.start_time, plan.end_time) == (berlin(first), berlin(last))
    assert check(plan) == plan


def test_what_was_done_stays_done_when_the_time_moves() -> None:
    event = an_event(complete_time=NOON)
    moved = change(event, {"start_time": NOON + HOUR, "end_time": NOON + 2 * HOUR}, NOON)
    assert moved.occurrence(NOON + HOUR).complete_time == NOON


def test_what_was_done_stays_done_on_the_same_clock_when_the_zone_or_its_hour_changes() -> None:
    event = an_event(complete_time=NOON)
    assert change(event, {"time_zone": "Europe/Berlin"}, NOON).occurrence(NOON).complete_time == NOON
    first, done, moved, as_well = (
        datetime(2026, 10, day, hour, tzinfo=ZoneInfo("Europe/Berlin"))  # the clocks go back on the 25th
        for day, hour in ((20, 14), (21, 14), (27, 15), (28, 15))
    )
    series = a_plan(start_time=first, end_time=first, time_zone="Europe/Berlin", recurrence=("RRULE:FREQ=DAILY",))
    event = an_event(series, completions=(Completion(done, NOON),))
    assert change(event, {"start_time": moved, "end_time": moved}, NOON).occurrence(as_well).complete_time == NOON


def test_what_ended_as_a_period_begins_is_not_in_it_and_what_has_no_length_is_where_it_starts() -> None:
    lasting, moment = an_event(), an_event(a_plan(end_time=NOON))
    assert not lasting.occurrence(NOON - HOUR).overlaps(Period(NOON, NOON + HOUR))
    assert lasting.occurrence(NOON).overlaps(Period(NOON, NOON + HOUR))
    assert moment.occurrence(NOON).overlaps(Period(NOON, NOON + HOUR))
    assert not moment.occurrence(NOON).overlaps(Period(NOON - HOUR, NOON))


def test_a_change_to_what_is_so_already_changes_nothing() -> None:
    event = an_event()
    assert change(event, {"title": f" {event.plan.title} "}, NOON + HOUR) is event
