"""Accounts on their way out are kept, found when due and gone when erased, in memory as in PostgreSQL."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from contract.auth.conftest import Store

from auth_service.domain.accounts import Account, MailKind, Registration, open_account
from auth_service.domain.erasure import RECEIPTS_KEPT, Erasure, ErasureStatus, Receipt, begin, finish
from auth_service.domain.mails import ABANDONED_KEPT, Mail, Refusal, after_refusal, after_success, new_mail
from auth_service.domain.preferences import Preferences
from auth_service.domain.secrets import TokenPurpose, digest, mailed_token
from auth_service.domain.sessions import open_session, refresh_token
from auth_service.use_cases.acting import AUTH
from servicekit.caller import Role, acting_as
from servicekit.ids import new_id

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
GONE = Refusal("550 <ada@example.org> no such mailbox", permanent=True)


@pytest.fixture(autouse=True)
def as_auth() -> Iterator[None]:
    """Only the service does any of this."""
    with acting_as(AUTH):
        yield


def account(email: str = "ada@example.org") -> Account:
    return open_account(new_id(), Registration(email, "Ada", "hash", None), NOW)


async def test_an_erasure_is_asked_for_once_and_cancelled_once(store: Store) -> None:
    erasure = Erasure(new_id(), NOW)
    async with store.unit_of_work() as work:
        assert await work.erasures.add(erasure)
        assert not await work.erasures.add(replace(erasure, request_time=NOW + HOUR))
        assert await work.erasures.get(erasure.user_id) == erasure
        assert await work.erasures.cancel(erasure.user_id)
        assert not await work.erasures.cancel(erasure.user_id)
        assert await work.erasures.get(erasure.user_id) is None


async def test_what_has_begun_cannot_be_cancelled(store: Store) -> None:
    erasure = Erasure(new_id(), NOW)
    async with store.unit_of_work() as work:
        await work.erasures.add(erasure)
        await work.erasures.save(begin(erasure, "ada@example.org", NOW))
        assert not await work.erasures.cancel(erasure.user_id)
        assert await work.erasures.get(erasure.user_id) == begin(erasure, "ada@example.org", NOW)


async def test_those_asked_for_long_enough_ago_are_due_and_those_told_long_enough_ago_are_asked_again(
    store: Store,
) -> None:
    early, late, told = Erasure(new_id(), NOW), Erasure(new_id(), NOW + HOUR), Erasure(new_id(), NOW)
    begun = begin(told, "", NOW)
    assert begun.announce_time
    async with store.unit_of_work() as work:
        for each in (late, early, told):
            await work.erasures.add(each)
        await work.erasures.save(begun)
    assert list(await store.erasures.due(NOW, 10)) == [early.user_id]
    assert list(await store.erasures.due(NOW + HOUR, 10)) == [early.user_id, late.user_id]
    assert list(await store.erasures.due(NOW + HOUR, 1)) == [early.user_id]
    assert list(await store.erasures.silent(begun.announce_time - timedelta(seconds=1), 10)) == []
    assert list(await store.erasures.silent(begun.announce_time, 10)) == [told.user_id]


async def test_receipts_come_back_by_service_the_larger_number_staying(store: Store) -> None:
    erasure, other = Erasure(new_id(), NOW), Erasure(new_id(), NOW + HOUR)
    async with store.unit_of_work() as work:
        for each in (erasure, other):
            await work.erasures.add(each)
        for service, rows in (("planner", 2), ("content", 1), ("planner", 0)):
            await work.erasures.receive(erasure.user_id, Receipt(service, rows, NOW))
        expected = (Receipt("content", 1, NOW), Receipt("planner", 2, NOW))
        assert tuple(await work.erasures.receipts(erasure.user_id)) == expected
    assert list(await store.erasures.listed()) == [ErasureStatus(erasure, expected), ErasureStatus(other, ())]


async def test_erasing_an_account_takes_everything_of_its_own_and_nothing_else(store: Store) -> None:
    ada, bob = account(), account("bob@example.org")
    async with store.unit_of_work() as work:
        for person in (ada, bob):
            await work.accounts.add(person)
            session = open_session(new_id(), person.id, "browser", NOW)
            await work.sessions.add(session)
            await work.sessions.add_refresh_token(refresh_token(digest(person.id), session))
            await work.mailed_tokens.add(mailed_token(person.email, person.id, TokenPurpose.VERIFY_EMAIL, NOW))
            await work.mails.add(new_mail(new_id(), person.id, MailKind.VERIFY_EMAIL, person.email, NOW))
            await work.preferences.save(person.id, Preferences())
    async with store.unit_of_work() as work:
        assert await work.erasures.erase_account(ada.id) == 6
        assert await work.erasures.erase_account(ada.id) == 0
    async with store.unit_of_work() as work:
        assert await work.accounts.get(ada.id) is None
        assert await work.sessions.refresh_token(digest(ada.id)) is None
        assert await work.accounts.get(bob.id) == bob
        assert await work.sessions.refresh_token(digest(bob.id))
        assert [mail.recipient for mail in await work.mails.claim(NOW, NOW + HOUR, 10)] == [bob.email]


async def test_an_admin_who_leaves_is_not_counted_on(store: Store) -> None:
    admin = replace(account(), role=Role.ADMIN, verify_time=NOW)
    async with store.unit_of_work() as work:
        await work.accounts.add(admin)
        assert list(await work.accounts.acting_admins()) == [admin]
        await work.erasures.add(Erasure(admin.id, NOW))
        assert list(await work.accounts.acting_admins()) == []


async def test_finished_erasures_are_forgotten_with_their_receipts_after_a_time(store: Store) -> None:
    old, young = Erasure(new_id(), NOW), Erasure(new_id(), NOW + HOUR)
    async with store.unit_of_work() as work:
        for erasure, finished in ((old, NOW), (young, NOW + HOUR)):
            await work.erasures.add(erasure)
            await work.erasures.save(finish(erasure, finished))
            await work.erasures.receive(erasure.user_id, Receipt("auth", 1, finished))
    assert await store.leftovers.remove_erasures(NOW + RECEIPTS_KEPT, 10) == 1
    (left,) = await store.erasures.listed()
    assert (left.erasure.user_id, len(left.receipts)) == (young.user_id, 1)


@pytest.mark.parametrize(
    "outcome", [after_success, lambda mail: after_refusal(mail, GONE, NOW)], ids=["sent", "refused"]
)
async def test_the_last_letter_to_an_erased_account_takes_its_address_along(
    store: Store, outcome: Callable[[Mail], Mail]
) -> None:
    async with store.unit_of_work() as work:
        await work.mails.add(new_mail(new_id(), None, MailKind.ACCOUNT_ERASED, "ada@example.org", NOW))
        (mail,) = await work.mails.claim(NOW, NOW + HOUR, 10)
        assert (mail.user_id, mail.recipient) == (None, "ada@example.org")
        await work.mails.save(outcome(mail))
    assert await store.leftovers.remove_mails(NOW + ABANDONED_KEPT, 10) == 1
    assert (outcome(mail).recipient, outcome(mail).last_error) == ("", "")
