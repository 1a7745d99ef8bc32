"""The mail outbox, in memory as in PostgreSQL: what is due, who sends it, and how much an account was sent lately."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from contract.auth.conftest import Store

from auth_service.domain.accounts import Account, MailKind, Registration, open_account
from auth_service.domain.mails import LEASE, MailStatus, Refusal, after_refusal, after_success, new_mail
from auth_service.use_cases.acting import AUTH
from servicekit.caller import acting_as
from servicekit.ids import new_id

NOW = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def as_auth() -> Iterator[None]:
    with acting_as(AUTH):
        yield


async def opened(store: Store, name: str) -> Account:
    account = open_account(new_id(), Registration(f"{name}@example.org", name, "hash", None), NOW)
    async with store.unit_of_work() as work:
        assert await work.accounts.add(account)
    return account


async def test_due_mails_are_claimed_once_the_longest_due_first(store: Store) -> None:
    ada = await opened(store, "ada")
    mails = [
        new_mail(new_id(), ada.id, MailKind.VERIFY_EMAIL, ada.email, NOW - timedelta(seconds=age)) for age in (1, 2, -1)
    ]
    async with store.unit_of_work() as work:
        for mail in mails:
            await work.mails.add(mail)
    async with store.unit_of_work() as work:
        first = await work.mails.claim(NOW, NOW + LEASE, 1)
    async with store.unit_of_work() as work:
        rest = await work.mails.claim(NOW, NOW + LEASE, 10)
    assert list(first) == [replace(mails[1], attempts=1, due_time=NOW + LEASE)]
    assert list(rest) == [replace(mails[0], attempts=1, due_time=NOW + LEASE)]


async def test_only_pending_mails_are_claimed(store: Store) -> None:
    ada = await opened(store, "ada")
    async with store.unit_of_work() as work:
        for _ in range(3):
            await work.mails.add(new_mail(new_id(), ada.id, MailKind.VERIFY_EMAIL, ada.email, NOW))
        sent, abandoned, failed = await work.mails.claim(NOW, NOW + LEASE, 3)
        await work.mails.save(after_success(sent))
        await work.mails.save(after_refusal(abandoned, Refusal("gone", permanent=True), NOW))
        await work.mails.save(after_refusal(failed, Refusal("down", permanent=False), NOW))
    async with store.unit_of_work() as work:
        (again,) = await work.mails.claim(NOW + LEASE, NOW + 2 * LEASE, 10)
    assert (again.id, again.attempts, again.last_error) == (failed.id, 2, "down")


async def test_a_worker_whose_lease_ran_out_does_not_overwrite_its_successor(store: Store) -> None:
    ada = await opened(store, "ada")
    async with store.unit_of_work() as work:
        await work.mails.add(new_mail(new_id(), ada.id, MailKind.VERIFY_EMAIL, ada.email, NOW))
        (slow,) = await work.mails.claim(NOW, NOW + LEASE, 1)
    async with store.unit_of_work() as work:
        (quick,) = await work.mails.claim(NOW + LEASE, NOW + 2 * LEASE, 1)
        await work.mails.save(after_success(quick))
        await work.mails.save(after_refusal(slow, Refusal("too late", permanent=False), NOW))
    async with store.unit_of_work() as work:
        assert not await work.mails.claim(NOW + 10 * LEASE, NOW + 11 * LEASE, 1)
    assert quick.status is MailStatus.PENDING


async def test_mails_of_one_account_and_kind_are_counted_from_a_time_on_sent_or_not(store: Store) -> None:
    ada, bob = await opened(store, "ada"), await opened(store, "bob")
    verify, reset = MailKind.VERIFY_EMAIL, MailKind.RESET_PASSWORD
    mails = [(ada, verify, NOW), (ada, verify, NOW - HOUR), (ada, reset, NOW), (bob, verify, NOW)]
    async with store.unit_of_work() as work:
        assert await work.mails.count(ada.id, verify, NOW - HOUR) == 0
        for account, kind, time in mails:
            await work.mails.add(new_mail(new_id(), account.id, kind, account.email, time))
        for mail in await work.mails.claim(NOW, NOW + LEASE, len(mails)):
            await work.mails.save(after_success(mail))
        assert await work.mails.count(ada.id, verify, NOW - HOUR) == 1
        assert await work.mails.count(ada.id, verify, NOW - 2 * HOUR) == 2
