"""What the mesh is told, and those who watch."""

from datetime import datetime

from littlemonster.planner.v1 import planner_events_pb2 as events
from littlemonster.planner.v1 import planner_service_pb2 as pb
from planner_service.convert.events import event, occurrence
from planner_service.convert.values import timestamp
from planner_service.domain.events import Due, Event, Happening, Occurrence

_CHANGES = {
    Happening.CREATED: pb.EventChange.TYPE_CREATED,
    Happening.UPDATED: pb.EventChange.TYPE_UPDATED,
    Happening.DELETED: pb.EventChange.TYPE_DELETED,
}


def event_changed(happening: Happening, changed: Event, version: int) -> events.PlannerEventChanged:
    change = pb.EventChange(type=_CHANGES[happening], event=event(changed))
    return events.PlannerEventChanged(change=change, version=version)


def change_from(payload: bytes) -> pb.EventChange:
    """What an event says to those who watch. Raises DecodeError for one that cannot be read."""
    return events.PlannerEventChanged.FromString(payload).change


def event_completed(completed: Occurrence, time: datetime | None) -> events.PlannerEventCompleted:
    return events.PlannerEventCompleted(event=occurrence(completed), complete_time=timestamp(time) if time else None)


def reminder_due(due: Due, *, late: bool) -> events.PlannerReminderDue:
    event = due.event
    return events.PlannerReminderDue(
        event_id=event.id,
        user_id=event.user_id,
        title=event.plan.title,
        start_time=timestamp(due.start),
        late=late,
        due_time=timestamp(due.time),
        time_zone=event.plan.time_zone,
        all_day=event.plan.all_day,
    )
