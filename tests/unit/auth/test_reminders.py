"""Who is mailed a reminder, and what it says."""

from datetime import UTC, datetime

import pytest

from auth_service.domain.accounts import MailKind
from auth_service.domain.reminders import MOST_REMINDERS, WINDOW, Reminder, details
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.reminding import Reminding
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

START = datetime(2026, 11, 23, 15, tzinfo=UTC)


def _reminder(user_id: str = "", **fields: object) -> Reminder:
    usual = {"title": "Algebra", "start_time": START, "time_zone": "Europe/Berlin", "all_day": False, "late": False}
    return Reminder(user_id=user_id, **(usual | fields))


async def _remind(auth, user_id: str, times: int = 1) -> int:
    """How many letters lie in the outbox afterwards."""
    with acting_as(AUTH):
        for _ in range(times):
            async with auth.database.unit_of_work() as work:
                await Reminding(auth.clock, new_id).mail(work, _reminder(user_id))
    return sum(mail.kind is MailKind.REMINDER for mail in auth.database.tables.mails.values())


async def test_a_confirmed_account_is_mailed(auth) -> None:
    await auth.verified()
    assert await _remind(auth, auth.account.id) == 1
    mail = next(mail for mail in auth.database.tables.mails.values() if mail.kind is MailKind.REMINDER)
    assert (mail.recipient, mail.user_id) == (auth.account.email, auth.account.id)
    assert mail.details == details(_reminder())


async def test_an_address_that_nobody_has_confirmed_is_not_mailed(auth) -> None:
    await auth.opened_unconfirmed()
    assert await _remind(auth, auth.account.id) == 0


async def test_an_account_that_is_gone_is_not_mailed(auth) -> None:
    assert await _remind(auth, new_id()) == 0


async def test_a_suspended_account_is_not_mailed(auth) -> None:
    await auth.verified()
    with acting_as(Caller(new_id(), Role.ADMIN)), acting_as(AUTH):
        async with auth.database.unit_of_work() as work:
            account = await work.accounts.get(auth.account.id)
            await work.accounts.save(type(account)(**{**_fields(account), "suspend_time": START}))
    assert await _remind(auth, auth.account.id) == 0


def _fields(account) -> dict[str, object]:
    return {name: getattr(account, name) for name in account.__dataclass_fields__}


@pytest.mark.parametrize("switch", ["notifications_enabled", "email_updates"])
async def test_who_wants_no_notifications_or_no_mails_is_not_mailed_until_they_do_again(auth, switch: str) -> None:
    await auth.verified()
    with acting_as(Caller(auth.account.id, Role.STUDENT)):
        await auth.preferences.change({switch: False})
    assert await _remind(auth, auth.account.id) == 0
    with acting_as(Caller(auth.account.id, Role.STUDENT)):
        await auth.preferences.change({switch: True})
    assert await _remind(auth, auth.account.id) == 1


async def test_reminders_of_one_account_are_bounded_an_hour(auth) -> None:
    await auth.verified()
    assert await _remind(auth, auth.account.id, MOST_REMINDERS + 5) == MOST_REMINDERS
    auth.clock.advance(WINDOW)
    assert await _remind(auth, auth.account.id) == MOST_REMINDERS + 1


@pytest.mark.parametrize(
    ("fields", "when"),
    [
        ({}, "Monday, 23 November 2026, 16:00 (Europe/Berlin)"),
        ({"time_zone": "America/New_York"}, "Monday, 23 November 2026, 10:00 (America/New_York)"),
        ({"time_zone": "Mars/Olympus"}, "Monday, 23 November 2026, 15:00 (UTC)"),
        ({"time_zone": "/etc/passwd"}, "Monday, 23 November 2026, 15:00 (UTC)"),
        ({"all_day": True, "time_zone": "Asia/Tokyo"}, "Tuesday, 24 November 2026"),
    ],
)
def test_a_letter_tells_the_time_on_the_clock_of_the_event_s_zone(fields: dict[str, object], when: str) -> None:
    assert details(_reminder(**fields))["when"] == when


def test_a_title_of_several_lines_becomes_one() -> None:
    assert (
        details(_reminder(title="Algebra\r\nBcc: all@school.example\u2028x"))["title"]
        == "Algebra Bcc: all@school.example x"
    )
