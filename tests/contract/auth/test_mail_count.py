"""How many mails an account was sent lately, in memory as in PostgreSQL."""

from datetime import UTC, datetime, timedelta

from contract.auth.conftest import Store

from auth_service.domain.accounts import MailKind, Registration, open_account
from auth_service.domain.mails import LEASE, after_success, new_mail
from auth_service.use_cases.acting import AUTH
from servicekit.caller import acting_as
from servicekit.ids import new_id

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def test_mails_of_one_account_and_kind_are_counted_from_a_time_on_sent_or_not(store: Store) -> None:
    ada, bob = (
        open_account(new_id(), Registration(f"{name}@example.org", name, "hash", None), NOW) for name in ("ada", "bob")
    )
    verify, reset = MailKind.VERIFY_EMAIL, MailKind.RESET_PASSWORD
    mails = [(ada, verify, NOW), (ada, verify, NOW - HOUR), (ada, reset, NOW), (bob, verify, NOW)]
    with acting_as(AUTH):
        async with store.unit_of_work() as work:
            assert await work.accounts.add(ada)
            assert await work.accounts.add(bob)
            assert await work.mails.count(ada.id, verify, NOW - HOUR) == 0
            for account, kind, time in mails:
                await work.mails.add(new_mail(new_id(), account.id, kind, account.email, time))
            for mail in await work.mails.claim(NOW, NOW + LEASE, len(mails)):
                await work.mails.save(after_success(mail))
            assert await work.mails.count(ada.id, verify, NOW - HOUR) == 1
            assert await work.mails.count(ada.id, verify, NOW - 2 * HOUR) == 2
