"""Requests, page tokens and events across the wire."""

from datetime import timedelta

import pytest
from fakes.planner.made import HOUR, NOON, a_plan, an_event
from google.protobuf.timestamp_pb2 import Timestamp

from littlemonster.common.v1 import study_pb2
from littlemonster.planner.v1 import planner_service_pb2 as pb
from planner_service import convert
from planner_service.domain.events import EventType, Happening, Period, Reminder, Subject
from planner_service.errors import PeriodInvalid, ReminderInvalid, UpdateMaskInvalid
from servicekit.ids import new_id
from servicekit.pagination import PageTokenInvalid, encode_page_token

BEYOND = Timestamp(seconds=10**15)


def _at(time) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(time)
    return timestamp


def test_what_is_not_stated_takes_its_default() -> None:
    plan = convert.plan(pb.CreateEventRequest(title="Review", start_time=_at(NOON)))
    assert (plan.end_time, plan.type, plan.subject, plan.time_zone) == (NOON, EventType.STUDY, Subject.NONE, "UTC")


def test_every_field_of_a_plan_comes_out_as_it_went_in() -> None:
    plan = a_plan(
        description="Chapter 3",
        subject=Subject.MATH,
        type=EventType.EXAM,
        all_day=True,
        time_zone="Europe/Berlin",
        recurrence=("RRULE:FREQ=WEEKLY",),
        reminders=(Reminder(minutes_before=0), Reminder(time=NOON - HOUR)),
    )
    shown = convert.event(an_event(plan))
    fields = [each.name for each in pb.CreateEventRequest.DESCRIPTOR.fields if each.name != "request_id"]
    assert convert.plan(pb.CreateEventRequest(**{name: getattr(shown, name) for name in fields})) == plan


@pytest.mark.parametrize("subject", study_pb2.Subject.values())
@pytest.mark.parametrize("kind", pb.EventType.values())
def test_every_subject_and_type_has_a_meaning(subject, kind) -> None:
    convert.plan(pb.CreateEventRequest(start_time=_at(NOON), subject=subject, type=kind))


def test_only_a_recurring_event_has_an_occurrence() -> None:
    assert not convert.event(an_event()).HasField("occurrence_start")
    recurring = convert.event(an_event(a_plan(recurrence=("RRULE:FREQ=WEEKLY",))))
    assert recurring.occurrence_start == recurring.start_time


def test_a_reminder_that_does_not_say_when_is_refused() -> None:
    with pytest.raises(ReminderInvalid):
        convert.reminder(pb.Reminder())


@pytest.mark.parametrize(
    "request_",
    [
        pb.CreateEventRequest(start_time=BEYOND),
        pb.CreateEventRequest(start_time=_at(NOON), end_time=BEYOND),
        pb.CreateEventRequest(start_time=Timestamp(nanos=-1)),
        pb.CreateEventRequest(start_time=_at(NOON), reminders=[pb.Reminder(time=BEYOND)]),
    ],
)
def test_a_timestamp_beyond_the_calendar_is_refused(request_: pb.CreateEventRequest) -> None:
    with pytest.raises(PeriodInvalid):
        convert.plan(request_)


def test_a_later_page_keeps_the_default_period_of_the_first() -> None:
    request = pb.ListEventsRequest()
    period, after = convert.page(request, NOON)
    assert after is None
    last = an_event()
    request.page_token = convert.next_page_token(
        [last.occurrence(NOON), an_event().occurrence(NOON)], 1, period, request
    )
    assert convert.page(request, NOON + timedelta(days=1)) == (period, (NOON, last.id))


def test_a_token_of_another_period_is_refused() -> None:
    request = pb.ListEventsRequest()
    token = convert.next_page_token([an_event().occurrence(NOON)] * 2, 1, Period(NOON, NOON + HOUR), request)
    with pytest.raises(PageTokenInvalid):
        convert.page(pb.ListEventsRequest(start_time=_at(NOON), page_token=token), NOON)


@pytest.mark.parametrize(
    "values",
    [
        ("yesterday", NOON.isoformat(), NOON.isoformat(), new_id()),
        ("2026-11-23T12:00:00", NOON.isoformat(), NOON.isoformat(), new_id()),
        (NOON.isoformat(), (NOON + HOUR).isoformat(), NOON.isoformat(), "not an id"),
        # What no planner can mean, and what would be expanded for millennia.
        ("0001-01-01T00:00:00+00:00", NOON.isoformat(), NOON.isoformat(), new_id()),
        (NOON.isoformat(), "9999-12-31T23:59:59+00:00", NOON.isoformat(), new_id()),
        (NOON.isoformat(), (NOON + HOUR).isoformat(), "9999-12-31T23:59:59+00:00", new_id()),
        (NOON.isoformat(), (NOON + HOUR).isoformat(), "0001-01-01T00:00:00+14:00", new_id()),
    ],
)
def test_a_forged_token_is_refused(values: tuple[str, ...]) -> None:
    request = pb.ListEventsRequest(page_token=encode_page_token("events [(0, 0), (0, 0)]", *values))
    with pytest.raises(PageTokenInvalid):
        convert.page(request, NOON)


@pytest.mark.parametrize("happening", list(Happening))
def test_a_change_is_told_with_the_event_and_the_planner_s_version(happening: Happening) -> None:
    event = an_event()
    told = convert.event_changed(happening, event, 7)
    assert (told.change.event, told.version) == (convert.event(event), 7)
    assert pb.EventChange.Type.Name(told.change.type) == f"TYPE_{happening}"


def test_only_fields_that_are_given_are_changed() -> None:
    assert convert.changes(pb.UpdateEventRequest(event_id=new_id())) == {}
    request = pb.UpdateEventRequest(description="", subject=study_pb2.SUBJECT_UNSPECIFIED, all_day=False)
    assert convert.changes(request) == {"description": "", "subject": Subject.NONE, "all_day": False}


def test_lists_are_emptied_only_when_the_mask_names_them() -> None:
    request = pb.UpdateEventRequest(update_mask={"paths": ["recurrence", "reminders", "title"]})
    assert convert.changes(request) == {"recurrence": (), "reminders": ()}


@pytest.mark.parametrize("path", ["nonsense", "event_id", "completed", "update_mask", "reminders.time", ""])
def test_a_mask_cannot_name_what_no_change_has(path: str) -> None:
    with pytest.raises(UpdateMaskInvalid):
        convert.changes(pb.UpdateEventRequest(title="New", update_mask={"paths": ["title", path]}))


def test_what_a_mask_must_not_name_is_told_as_it_is_written_in_json() -> None:
    with pytest.raises(UpdateMaskInvalid, match="field createTime cannot be changed"):
        convert.changes(pb.UpdateEventRequest(update_mask={"paths": ["create_time"]}))


def test_every_field_that_is_given_is_changed() -> None:
    plan = a_plan(recurrence=("RRULE:FREQ=WEEKLY",), reminders=(Reminder(minutes_before=5),), time_zone="Asia/Tokyo")
    shown = convert.event(an_event(plan))
    names = {each.name for each in pb.CreateEventRequest.DESCRIPTOR.fields} - {"request_id"}
    request = pb.UpdateEventRequest(**{name: getattr(shown, name) for name in names})
    assert convert.changes(request) == {name: getattr(plan, name) for name in names}
