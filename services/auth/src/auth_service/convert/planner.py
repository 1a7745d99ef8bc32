"""Events of the planner → domain."""

from datetime import UTC

from auth_service.domain.reminders import Reminder
from littlemonster.planner.v1.planner_events_pb2 import PlannerReminderDue


def reminder(event: PlannerReminderDue) -> Reminder:
    return Reminder(
        user_id=event.user_id,
        title=event.title,
        start_time=event.start_time.ToDatetime(UTC),
        time_zone=event.time_zone,
        all_day=event.all_day,
        late=event.late,
    )
