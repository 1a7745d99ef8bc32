"""Putting a reminder into the mail outbox."""

from collections.abc import Callable
from dataclasses import replace

from auth_service.domain.accounts import MailKind
from auth_service.domain.mails import new_mail
from auth_service.domain.preferences import Preferences
from auth_service.domain.reminders import WINDOW, Reminder, details, is_wanted
from auth_service.ports import Work
from servicekit.clock import Clock


class Reminding:
    """Mails the reminders that people want."""

    def __init__(self, clock: Clock, new_id: Callable[[], str]) -> None:
        self._clock = clock
        self._new_id = new_id

    async def mail(self, work: Work, reminder: Reminder) -> None:
        """Queues the letter, unless the account is gone, suspended, or wants none."""
        now = self._clock()
        account = await work.accounts.get(reminder.user_id)
        preferences = await work.preferences.of(reminder.user_id) or Preferences()
        lately = await work.mails.count(reminder.user_id, MailKind.REMINDER, now - WINDOW)
        if account and is_wanted(account, preferences, lately):
            mail = new_mail(self._new_id(), account.id, MailKind.REMINDER, account.email, now)
            await work.mails.add(replace(mail, details=details(reminder)))
