"""Changes of addresses and wishes for mail keep what they are given, in memory as in PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from contract.auth.conftest import Store

from auth_service.domain.accounts import Account, MailKind, Registration, confirm, open_account
from auth_service.domain.email_changes import PURPOSES, ask_for, confirmed
from auth_service.domain.mail_requests import MailRequest
from auth_service.domain.secrets import TokenPurpose, digest, mailed_token
from auth_service.errors import EmailTaken
from auth_service.use_cases.acting import AUTH
from servicekit.caller import acting_as
from servicekit.ids import new_id

NOW = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)
NEW = "ada@new.example"


def account(email: str) -> Account:
    return open_account(new_id(), Registration(email, "Ada", "hash", None), NOW)


@pytest.fixture
async def ada(store: Store) -> AsyncIterator[str]:
    """Somebody's account."""
    opened = account("ada@example.org")
    with acting_as(AUTH):
        async with store.unit_of_work() as work:
            assert await work.accounts.add(opened)
        yield opened.id


async def test_a_change_comes_back_as_it_was_and_a_newer_replaces_it(store: Store, ada: str) -> None:
    change = ask_for(ada, NEW, new_id(), NOW)
    async with store.unit_of_work() as work:
        assert await work.email_changes.get(ada) is None
        await work.email_changes.save(change)
        assert await work.email_changes.get(ada) == change
        await work.email_changes.save(confirmed(change, TokenPurpose.CONFIRM_NEW_EMAIL))
    async with store.unit_of_work() as work:
        assert await work.email_changes.get(ada) == replace(change, new_confirmed=True)
        await work.email_changes.save(replace(change, new_email="another@example.org"))
        assert await work.email_changes.get(ada) == replace(change, new_email="another@example.org")


async def test_changes_are_swept_when_they_are_over(store: Store, ada: str) -> None:
    change = ask_for(ada, NEW, new_id(), NOW)
    async with store.unit_of_work() as work:
        await work.email_changes.save(change)
    assert await store.leftovers.remove_email_changes(change.expire_time - timedelta(microseconds=1), 9) == 0
    assert await store.leftovers.remove_email_changes(change.expire_time, 9) == 1


async def test_an_account_gets_an_address_that_nobody_has(store: Store, ada: str) -> None:
    other = account(NEW)
    async with store.unit_of_work() as work:
        await work.accounts.add(other)
    with pytest.raises(EmailTaken):
        async with store.unit_of_work() as work:
            await work.accounts.change_email(ada, NEW)
    async with store.unit_of_work() as work:
        await work.accounts.remove_unconfirmed(other.id)
        await work.accounts.change_email(ada, NEW)
    found = await store.accounts.by_email(NEW)
    assert found
    assert found.id == ada


async def test_an_account_whose_address_was_confirmed_is_not_removed(store: Store, ada: str) -> None:
    async with store.unit_of_work() as work:
        found = await work.accounts.get(ada)
        assert found
        await work.accounts.save(confirm(found, NOW))
        await work.accounts.remove_unconfirmed(ada)
    assert await store.accounts.get(ada)


async def test_tokens_for_other_purposes_can_be_spared(store: Store, ada: str) -> None:
    async with store.unit_of_work() as work:
        for purpose in TokenPurpose:
            await work.mailed_tokens.add(mailed_token(purpose.value, ada, purpose, NOW))
        await work.mailed_tokens.remove(ada, sparing=PURPOSES)
        kept = [purpose for purpose in TokenPurpose if await work.mailed_tokens.get(digest(purpose.value))]
    assert kept == list(PURPOSES)


async def test_wishes_for_mail_are_taken_once_the_oldest_first(store: Store) -> None:
    kinds = (MailKind.VERIFY_EMAIL, MailKind.RESET_PASSWORD)
    requests = [MailRequest(new_id(), kind, "nobody@example.org", NOW) for kind in kinds]
    with acting_as(AUTH):
        async with store.unit_of_work() as work:
            for each in requests:
                await work.mail_requests.add(each)
        for expected in (*requests, None):
            async with store.unit_of_work() as work:
                assert await work.mail_requests.take() == expected


async def test_a_wish_for_mail_can_be_dropped_undecided(store: Store) -> None:
    first, second = (MailRequest(new_id(), MailKind.VERIFY_EMAIL, "nobody@example.org", NOW) for _ in range(2))
    with acting_as(AUTH):
        async with store.unit_of_work() as work:
            for each in (first, second):
                await work.mail_requests.add(each)
        for _ in range(2):
            async with store.unit_of_work() as work:
                await work.mail_requests.drop(first.id)
        async with store.unit_of_work() as work:
            assert [await work.mail_requests.take() for _ in range(2)] == [second, None]
