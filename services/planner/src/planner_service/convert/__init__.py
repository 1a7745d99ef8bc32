"""Proto ↔ domain: small functions, apart by what they are about."""

from planner_service.convert.events import event, feed_headers, imported, occurrence
from planner_service.convert.news import change_from, event_changed, event_completed, reminder_due
from planner_service.convert.pages import changed, next_page_token, page, position
from planner_service.convert.plans import changes, occurrence_start, plan, reminder, which
from planner_service.convert.progress_report import progress, progress_period

__all__ = [
    "change_from",
    "changed",
    "changes",
    "event",
    "event_changed",
    "event_completed",
    "feed_headers",
    "imported",
    "next_page_token",
    "occurrence",
    "occurrence_start",
    "page",
    "plan",
    "position",
    "progress",
    "progress_period",
    "reminder",
    "reminder_due",
    "which",
]
