"""Sending what lies in the mail outbox."""

from datetime import timedelta

import pytest
from fakes.auth.memory_accounts import MemoryAccounts
from fakes.auth.memory_mails import MemoryMailRequests
from unit.auth.conftest import CLIENT, EMAIL, Auth

from auth_service.clients.letters import TemplateLetters
from auth_service.clients.smtp import SmtpMailer
from auth_service.domain.accounts import Account, MailKind
from auth_service.domain.mails import LEASE, MOST_ATTEMPTS, Letter, Mail, MailStatus, Refusal, new_mail
from auth_service.use_cases.mailing import BATCH
from servicekit.database import DatabaseUnavailable

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


class _Crash(BaseException):
    """The process dies."""


class _FailingMailer:
    """Takes the letter, and fails before the outcome is saved."""

    def __init__(self, failure: BaseException) -> None:
        self._failure = failure

    async def send(self, mail_id: str, letter: Letter) -> Refusal | None:
        raise self._failure


async def test_a_mail_whose_sender_died_is_sent_again_under_its_id_after_the_lease(auth: Auth) -> None:
    await auth.register()
    working = auth.delivery._mailer
    auth.delivery._mailer = _FailingMailer(_Crash())
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
        for recipient in ("=?utf-8?q?=0a?=@example.org", "ada@example.org"):
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


async def test_a_mail_that_kills_its_worker_each_time_is_given_up_untried(
    auth: Auth, caplog: pytest.LogCaptureFixture
) -> None:
    await auth.register()
    auth.delivery._mailer = _FailingMailer(_Crash())
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(_Crash):
            await auth.delivery.deliver_due()
        auth.clock.advance(LEASE)
    assert await auth.delivery.deliver_due() == 1
    assert (only_mail(auth).status, only_mail(auth).last_error) == (MailStatus.ABANDONED, "no try told how it ended")
    assert [record.getMessage() for record in caplog.records] == ["mail given up"]
    assert await auth.delivery.deliver_due() == 0


async def test_a_mail_that_fails_as_nobody_foresaw_is_tried_again_then_given_up_and_keeps_no_other_from_being_sent(
    auth: Auth, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, poison = auth.mailer.send, "poison@example.org"

    async def failing(mail_id: str, letter: Letter) -> Refusal | None:
        if letter.recipient == poison:
            raise ZeroDivisionError
        return await send(mail_id, letter)

    monkeypatch.setattr(auth.mailer, "send", failing)
    async with auth.database.unit_of_work() as work:
        for recipient in (poison, "ada@example.org"):
            await work.mails.add(new_mail(recipient, "user", MailKind.ALREADY_REGISTERED, recipient, auth.clock()))
    assert await auth.delivery.deliver_due() == 2
    mails = auth.database.tables.mails
    assert [mail.status for mail in mails.values()] == [MailStatus.PENDING, MailStatus.SENT]
    assert await auth.delivery.deliver_due() == 0  # not before its pause is over
    for _ in range(MOST_ATTEMPTS - 1):
        auth.clock.advance(HOUR)
        assert await auth.delivery.deliver_due() == 1
    given_up = auth.database.tables.mails[poison]
    assert (given_up.status, given_up.last_error) == (MailStatus.ABANDONED, "ZeroDivisionError")
    messages = [record.getMessage() for record in caplog.records]
    assert messages == ["mail failed unexpectedly"] * MOST_ATTEMPTS + ["mail given up"]
    assert poison not in caplog.text


async def test_a_letter_no_template_can_write_counts_as_a_try_of_its_mail_alone(auth: Auth) -> None:
    auth.delivery._letters = TemplateLetters("https://school.example.org")
    async with auth.database.unit_of_work() as work:
        for kind in (MailKind.REMINDER, MailKind.ALREADY_REGISTERED):  # a reminder without what it reminds of
            await work.mails.add(new_mail(kind.value, "user", kind, "ada@example.org", auth.clock()))
    assert await auth.delivery.deliver_due() == 2
    mails = auth.database.tables.mails
    assert [mail.status for mail in mails.values()] == [MailStatus.PENDING, MailStatus.SENT]


@pytest.mark.parametrize("part", ["_letters", "_mailer"])
async def test_an_outage_while_a_mail_is_sent_counts_as_no_try(
    auth: Auth, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await auth.register()

    def away(*_: object) -> None:
        raise DatabaseUnavailable

    monkeypatch.setattr(getattr(auth.delivery, part), "write" if part == "_letters" else "send", away)
    with pytest.raises(DatabaseUnavailable):
        await auth.delivery.deliver_due()
    assert only_mail(auth).last_error == ""


async def test_a_wish_for_mail_that_nobody_can_decide_is_dropped_and_the_others_are_not(
    auth: Auth, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    await auth.verified()
    auth.clock.advance(HOUR)
    for email in ("poison@example.org", EMAIL):
        await auth.password_keeper.forgot(email, CLIENT)
    by_email = MemoryAccounts.by_email

    async def failing(self: MemoryAccounts, email: str) -> Account | None:
        if email != EMAIL:
            raise ZeroDivisionError
        return await by_email(self, email)

    monkeypatch.setattr(MemoryAccounts, "by_email", failing)
    await auth.delivery.deliver_due()
    assert auth.mailer.taken[-1][1].subject == "RESET_PASSWORD"
    assert auth.database.tables.mail_requests == []
    assert [record.getMessage() for record in caplog.records] == ["wish for mail dropped"]


@pytest.mark.parametrize(("method", "failure"), [("take", ZeroDivisionError), ("by_email", DatabaseUnavailable)])
async def test_a_wish_is_dropped_for_no_outage_and_for_nothing_that_is_not_its_own_fault(
    auth: Auth, method: str, failure: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    await auth.password_keeper.forgot(EMAIL, CLIENT)

    async def failing(*_: object) -> None:
        raise failure

    monkeypatch.setattr(MemoryMailRequests if method == "take" else MemoryAccounts, method, failing)
    with pytest.raises(failure):
        await auth.delivery.deliver_due()
    assert len(auth.database.tables.mail_requests) == 1
