"""A reminder of something in the planner: who gets a letter, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from auth_service.domain.accounts import Account
from auth_service.domain.preferences import Preferences

WINDOW = timedelta(hours=1)
MOST_REMINDERS = 60
"""Reminders one account is mailed within the window; the mail server is everybody's."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """An event of the planner's is near; `late` when it should have been told before."""

    user_id: str
    title: str
    start_time: datetime
    time_zone: str
    all_day: bool
    late: bool


def is_wanted(account: Account | None, preferences: Preferences, mails_lately: int) -> bool:
    """Whether a reminder is mailed: to a confirmed address of an account in use that wants mails, and not too many."""
    if account is None or account.verify_time is None or account.suspend_time or mails_lately >= MOST_REMINDERS:
        return False
    return preferences.notifications_enabled and preferences.email_updates


def details(reminder: Reminder) -> Mapping[str, str]:
    """What the letter shows: `title` on one line, `when` on the clock of the event's zone, `late` empty or not."""
    title = " ".join("".join(each if each.isprintable() else " " for each in reminder.title).split())
    return {"title": title, "when": _when(reminder), "late": "late" if reminder.late else ""}


def _when(reminder: Reminder) -> str:
    zone, name = _zone(reminder.time_zone)
    start = reminder.start_time.astimezone(zone)
    day = f"{start:%A}, {start.day} {start:%B %Y}"
    return day if reminder.all_day else f"{day}, {start:%H:%M} ({name})"


def _zone(name: str) -> tuple[tzinfo, str]:
    """The zone; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name), name
    except (ZoneInfoNotFoundError, ValueError):
        return UTC, "UTC"
