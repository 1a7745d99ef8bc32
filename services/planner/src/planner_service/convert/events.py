"""Events as clients see them."""

from littlemonster.planner.v1 import planner_service_pb2 as pb
from planner_service.convert.values import SUBJECTS, TYPES, timestamp
from planner_service.domain.calendars import FeedFile, Imported
from planner_service.domain.events import Event, Occurrence, Reminder


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
        subject=SUBJECTS[plan.subject],
        type=TYPES[plan.type],
        start_time=timestamp(shown.start),
        end_time=timestamp(shown.end),
        all_day=plan.all_day,
        time_zone=plan.time_zone,
        recurrence=plan.recurrence,
        reminders=map(_reminder, plan.reminders),
        completed=done is not None,
        complete_time=timestamp(done) if done else None,
        occurrence_start=timestamp(shown.start) if plan.recurrence else None,
        etag=event.etag,
        create_time=timestamp(event.create_time),
        update_time=timestamp(event.update_time),
    )


def feed_headers(file: FeedFile) -> tuple[tuple[str, str], ...]:
    """HTTP headers of a feed; the gateway makes 304 of the answer to a reader who has it already."""
    headers = (("etag", file.etag), ("cache-control", "private, max-age=300"))
    return headers if file.content is not None else (*headers, ("x-http-code", "304"))


def imported(done: Imported) -> pb.ImportCalendarResponse:
    failures = (pb.ImportFailure(line=each.line, uid=each.uid, reason=each.reason) for each in done.failures)
    return pb.ImportCalendarResponse(events=map(event, done.events), failures=failures)


def _reminder(reminder: Reminder) -> pb.Reminder:
    if reminder.time:
        return pb.Reminder(time=timestamp(reminder.time))
    return pb.Reminder(minutes_before=reminder.minutes_before or 0)
