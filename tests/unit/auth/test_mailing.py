"""Sending what lies in the mail outbox."""

from datetime import timedelta

import pytest
from unit.auth.conftest import Auth

from auth_service.clients.smtp import SmtpMailer
from auth_service.domain.accounts import MailKind
from auth_service.domain.mails import LEASE, MOST_ATTEMPTS, Letter, Mail, MailStatus, Refusal, new_mail
from auth_service.use_cases.mailing import BATCH

HOUR = timedelta(hours=1)


def only_mail(auth: Auth) -> Mail:
    (mail,) = auth.database.tables.mails.values()
    return mail


async def test_a_due_mail_is_sent_once(auth: Auth) -> None:
    await auth.register()
    assert await auth.delivery.deliver_due() == 2  # the wish, and the mail
    assert await auth.delivery.deliver_due() == 0
    assert only_mail(auth).status is MailStatus.SENT
    assert [mail_id for mail_id, _ in auth.mailer.taken] == [only_mail(auth).id]


async def test_an_outage_delays_a_mail_and_each_try_carries_a_token_of_its_own(auth: Auth) -> None:
    await auth.register()
    auth.mailer.refusal = Refusal("connection refused", permanent=False)
    await auth.delivery.deliver_due()
    assert (only_mail(auth).status, only_mail(auth).last_error) == (MailStatus.PENDING, "connection refused")
    auth.mailer.refusal = None
    assert await auth.delivery.deliver_due() == 0
    auth.clock.advance(HOUR)
    await auth.registrations.verify(await auth.mailed_token())
    assert len(auth.database.tables.tokens) == 2


async def test_a_mail_that_always_fails_is_abandoned(auth: Auth) -> None:
    await auth.register()
    auth.mailer.refusal = Refusal("connection refused", permanent=False)
    for attempt in range(MOST_ATTEMPTS):
        assert await auth.delivery.deliver_due() == (1 if attempt else 2)
        auth.clock.advance(HOUR)
    assert only_mail(auth).status is MailStatus.ABANDONED
    assert await auth.delivery.deliver_due() == 0


class _Crash(Exception):
    pass


class _CrashingMailer:
    """Takes the letter, then the process dies before the outcome is saved."""

    async def send(self, mail_id: str, letter: Letter) -> Refusal | None:
        raise _Crash


async def test_a_mail_whose_sender_died_is_sent_again_under_its_id_after_the_lease(auth: Auth) -> None:
    await auth.register()
    working = auth.delivery._mailer
    auth.delivery._mailer = _CrashingMailer()
    with pytest.raises(_Crash):
        await auth.delivery.deliver_due()
    auth.delivery._mailer = working
    assert await auth.delivery.deliver_due() == 0
    auth.clock.advance(LEASE)
    assert await auth.delivery.deliver_due() == 1
    assert [mail_id for mail_id, _ in auth.mailer.taken] == [only_mail(auth).id]


async def test_a_letter_that_cannot_be_written_is_given_up_and_keeps_no_other_from_being_sent(auth: Auth) -> None:
    """As one to an address that makes Python's own parser fail, from before those were refused."""
    auth.delivery._mailer = SmtpMailer("smtp://127.0.0.1:1", "Little Monster <no-reply@example.org>", auth.clock)
    async with auth.database.unit_of_work() as work:
        for recipient in ("=?utf-8?b?{?=@example.org", "ada@example.org"):
            mail = new_mail(recipient, "user", MailKind.ALREADY_REGISTERED, recipient, auth.clock())
            await work.mails.add(mail)
    assert await auth.delivery.deliver_due() == 2
    mails = auth.database.tables.mails
    assert [mail.status for mail in mails.values()] == [MailStatus.ABANDONED, MailStatus.PENDING]


async def test_one_batch_takes_the_longest_due_and_leaves_the_rest(auth: Auth) -> None:
    async with auth.database.unit_of_work() as work:
        for number in range(BATCH + 1):
            age = timedelta(seconds=number)
            mail = new_mail(str(number), "user", MailKind.ALREADY_REGISTERED, "a@example.org", auth.clock() - age)
            await work.mails.add(mail)
    assert await auth.delivery.deliver_due() == BATCH
    assert "0" not in [mail_id for mail_id, _ in auth.mailer.taken]
    assert await auth.delivery.deliver_due() == 1
