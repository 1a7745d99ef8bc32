"""Proto ↔ domain: small functions, total but for times and page tokens that cannot be read."""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp

from littlemonster.common.v1 import study_pb2 as study
from littlemonster.planner.v1 import planner_events_pb2 as events
from littlemonster.planner.v1 import planner_service_pb2 as pb
from planner_service.domain import events as planning
from planner_service.domain.calendars import FeedFile, Imported
from planner_service.domain.events import (
    Due,
    Event,
    EventType,
    Happening,
    Occurrence,
    Period,
    Plan,
    Reminder,
    Scope,
    Subject,
    Which,
)
from planner_service.domain.progress import Count, Progress
from planner_service.domain.sync import Changes, Position
from planner_service.errors import PeriodInvalid, ReminderInvalid, SyncTokenInvalid, UpdateMaskInvalid
from planner_service.ports import Cursor
from servicekit.pagination import PageTokenInvalid, decode_page_token, encode_page_token
from servicekit.validation import json_name

_LARGEST = 2**31 - 1
_LONGEST_SHOWN = 64
_CHANGEABLE = {field.name for field in dataclasses.fields(Plan)}
_SUBJECTS = {
    Subject.NONE: study.SUBJECT_UNSPECIFIED,
    Subject.MATH: study.SUBJECT_MATH,
    Subject.CHEMISTRY: study.SUBJECT_CHEMISTRY,
    Subject.HISTORY: study.SUBJECT_HISTORY,
    Subject.ENGLISH: study.SUBJECT_ENGLISH,
}
_TYPES = {
    EventType.ASSIGNMENT: pb.EVENT_TYPE_ASSIGNMENT,
    EventType.STUDY: pb.EVENT_TYPE_STUDY,
    EventType.EXAM: pb.EVENT_TYPE_EXAM,
    EventType.PROJECT: pb.EVENT_TYPE_PROJECT,
}
_CHANGES = {
    Happening.CREATED: pb.EventChange.TYPE_CREATED,
    Happening.UPDATED: pb.EventChange.TYPE_UPDATED,
    Happening.DELETED: pb.EventChange.TYPE_DELETED,
}
_SUBJECT_OF = {number: subject for subject, number in _SUBJECTS.items()}
_TYPE_OF = {number: kind for kind, number in _TYPES.items()} | {pb.EVENT_TYPE_UNSPECIFIED: EventType.STUDY}


def plan(request: pb.CreateEventRequest) -> Plan:
    """Raises PeriodInvalid, ReminderInvalid."""
    start = time(request.start_time, "startTime")
    return Plan(
        title=request.title,
        start_time=start,
        end_time=time(request.end_time, "endTime") if request.HasField("end_time") else start,
        description=request.description,
        subject=_SUBJECT_OF[request.subject],
        type=_TYPE_OF[request.type],
        all_day=request.all_day,
        time_zone=request.time_zone or "UTC",
        recurrence=tuple(request.recurrence),
        reminders=tuple(map(reminder, request.reminders)),
    )


def reminder(message: pb.Reminder) -> Reminder:
    """Raises ReminderInvalid, PeriodInvalid."""
    match message.WhichOneof("when"):
        case "minutes_before":
            return Reminder(minutes_before=message.minutes_before)
        case "time":
            return Reminder(time=time(message.time, "reminders"))
        case _:
            raise ReminderInvalid(fields={"reminders": "needs minutesBefore or time"})


def event(event: Event) -> pb.Event:
    """The event, a recurring one with its first occurrence."""
    return occurrence(event.occurrence(event.plan.start_time))


def occurrence(shown: Occurrence) -> pb.Event:
    event, plan, done = shown.event, shown.event.plan, shown.complete_time
    return pb.Event(
        id=event.id,
        user_id=event.user_id,
        title=plan.title,
        description=plan.description,
        subject=_SUBJECTS[plan.subject],
        type=_TYPES[plan.type],
        start_time=_timestamp(shown.start),
        end_time=_timestamp(shown.end),
        all_day=plan.all_day,
        time_zone=plan.time_zone,
        recurrence=plan.recurrence,
        reminders=map(_reminder, plan.reminders),
        completed=done is not None,
        complete_time=_timestamp(done) if done else None,
        occurrence_start=_timestamp(shown.start) if plan.recurrence else None,
        etag=event.etag,
        create_time=_timestamp(event.create_time),
        update_time=_timestamp(event.update_time),
    )


def event_changed(happening: Happening, changed: Event, version: int) -> events.PlannerEventChanged:
    change = pb.EventChange(type=_CHANGES[happening], event=event(changed))
    return events.PlannerEventChanged(change=change, version=version)


def change_from(payload: bytes) -> pb.EventChange:
    """What an event says to those who watch. Raises DecodeError for one that cannot be read."""
    return events.PlannerEventChanged.FromString(payload).change


def event_completed(completed: Occurrence, time: datetime | None) -> events.PlannerEventCompleted:
    return events.PlannerEventCompleted(event=occurrence(completed), complete_time=_timestamp(time) if time else None)


def reminder_due(due: Due, *, late: bool) -> events.PlannerReminderDue:
    event = due.event
    return events.PlannerReminderDue(
        event_id=event.id,
        user_id=event.user_id,
        title=event.plan.title,
        start_time=_timestamp(due.start),
        late=late,
        due_time=_timestamp(due.time),
        time_zone=event.plan.time_zone,
        all_day=event.plan.all_day,
    )


def feed_headers(file: FeedFile) -> tuple[tuple[str, str], ...]:
    """HTTP headers of a feed; the gateway makes 304 of the answer to a reader who has it already."""
    headers = (("etag", file.etag), ("cache-control", "private, max-age=300"))
    return headers if file.content is not None else (*headers, ("x-http-code", "304"))


def imported(done: Imported) -> pb.ImportCalendarResponse:
    failures = (pb.ImportFailure(line=each.line, uid=each.uid, reason=each.reason) for each in done.failures)
    return pb.ImportCalendarResponse(events=map(event, done.events), failures=failures)


def position(request: pb.SyncEventsRequest, user_id: str) -> Position | None:
    """How far the device has come; None when it is new. Raises SyncTokenInvalid."""
    if not request.sync_token:
        return None
    try:
        sequence, floor = decode_page_token(request.sync_token, f"sync {user_id}", 2)
    except PageTokenInvalid:
        raise SyncTokenInvalid from None
    if not (
        isinstance(sequence, int) and isinstance(floor, int) and 0 <= sequence <= _LARGEST and 0 <= floor <= _LARGEST
    ):
        raise SyncTokenInvalid
    return Position(sequence, floor)


def changed(found: Changes, user_id: str) -> pb.SyncEventsResponse:
    return pb.SyncEventsResponse(
        events=map(event, found.events),
        deleted_event_ids=found.deleted,
        next_sync_token=encode_page_token(f"sync {user_id}", found.next.sequence, found.next.floor),
        has_more=found.has_more,
        full_sync=found.full,
    )


def progress_period(request: pb.GetProgressRequest, now: datetime) -> Period:
    """The period to sum up. Raises PeriodInvalid."""
    return planning.period(time(request.start_time, "startTime"), time(request.end_time, "endTime"), now)


def progress(summed: Progress) -> pb.Progress:
    return pb.Progress(
        total=_count(summed.total),
        by_subject={study.Subject.Name(_SUBJECTS[key]): _count(each) for key, each in summed.by_subject.items()},
        by_type={pb.EventType.Name(_TYPES[key]): _count(each) for key, each in summed.by_type.items()},
        by_week={week: _count(each) for week, each in summed.by_week.items()},
        streak_days=summed.streak_days,
    )


def _count(count: Count) -> pb.ProgressCount:
    return pb.ProgressCount(planned=count.planned, completed=count.completed, completion_rate=count.rate)


def time(timestamp: Timestamp, field: str) -> datetime:
    """`field` is the name in JSON. Raises PeriodInvalid for a timestamp beyond the calendar."""
    try:
        return timestamp.ToDatetime(UTC)
    except (ValueError, OverflowError):
        problem = "is not a time of the calendar"
        raise PeriodInvalid(fields={field: problem}, field=field, problem=problem) from None


def changes(request: pb.UpdateEventRequest) -> dict[str, Any]:
    """The fields of a plan that are given. Raises UpdateMaskInvalid, PeriodInvalid, ReminderInvalid."""
    if unknown := set(request.update_mask.paths) - _CHANGEABLE:
        problem = "names fields that cannot be changed"
        raise UpdateMaskInvalid(fields={"updateMask": problem}, path=json_name(min(unknown)[:_LONGEST_SHOWN]))
    given: dict[str, Any] = {
        name: getattr(request, name)
        for name in ("title", "description", "all_day", "time_zone")
        if request.HasField(name)
    }
    if request.HasField("subject"):
        given["subject"] = _SUBJECT_OF[request.subject]
    if request.HasField("type"):
        given["type"] = _TYPE_OF[request.type]
    if request.HasField("start_time"):
        given["start_time"] = time(request.start_time, "startTime")
    if request.HasField("end_time"):
        given["end_time"] = time(request.end_time, "endTime")
    if request.recurrence or "recurrence" in request.update_mask.paths:
        given["recurrence"] = tuple(request.recurrence)
    if request.reminders or "reminders" in request.update_mask.paths:
        given["reminders"] = tuple(map(reminder, request.reminders))
    return given


def which(request: pb.UpdateEventRequest | pb.DeleteEventRequest) -> Which:
    """Which occurrences are meant. Raises PeriodInvalid."""
    return Which(Scope(request.scope or "ALL"), occurrence_start(request))


def occurrence_start(
    request: pb.CompleteEventRequest | pb.UpdateEventRequest | pb.DeleteEventRequest,
) -> datetime | None:
    """Which occurrence is meant; None when not stated. Raises PeriodInvalid."""
    stated = request.HasField("occurrence_start")
    return time(request.occurrence_start, "occurrenceStart") if stated else None


def page(request: pb.ListEventsRequest, now: datetime) -> tuple[Period, Cursor | None]:
    """The period to list and where the page before ended. A later page keeps the period of the first.

    Raises PeriodInvalid, PageTokenInvalid.
    """
    start = time(request.start_time, "startTime") if request.HasField("start_time") else None
    end = time(request.end_time, "endTime") if request.HasField("end_time") else None
    if not request.page_token:
        return planning.period(start, end, now), None
    *times, row_id = decode_page_token(request.page_token, _query(request), 4)
    try:
        start, end, last = (_aware(str(each)) for each in times)
        period = planning.period(start, end, now)  # as bounded as one that is asked for
        if not planning.EARLIEST <= last < end:
            raise PageTokenInvalid
        return period, (last, str(UUID(str(row_id))))
    except (ValueError, PeriodInvalid):
        raise PageTokenInvalid from None


def next_page_token(found: Sequence[Occurrence], size: int, period: Period, request: pb.ListEventsRequest) -> str:
    """The token after the page's last occurrence; empty when there is none beyond it."""
    if len(found) <= size:
        return ""
    last = found[size - 1]
    times = (each.isoformat() for each in (period.start, period.end, last.start))
    return encode_page_token(_query(request), *times, last.event.id)


def _query(request: pb.ListEventsRequest) -> str:
    """As it was asked: a default period moves with the clock and may not tell pages apart."""
    asked = (request.start_time, request.end_time)
    return f"events {[(each.seconds, each.nanos) for each in asked]}"


def _aware(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(text)
    return time


def _reminder(reminder: Reminder) -> pb.Reminder:
    if reminder.time:
        return pb.Reminder(time=_timestamp(reminder.time))
    return pb.Reminder(minutes_before=reminder.minutes_before or 0)


def _timestamp(time: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(time)
    return timestamp
