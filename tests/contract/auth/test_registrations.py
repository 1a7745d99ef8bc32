"""Registrations that wait, in memory as in PostgreSQL: kept, counted, and what becomes of them."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from contract.auth.conftest import Store

from auth_service.domain.accounts import MailKind, Registration, confirm
from auth_service.domain.mail_requests import MailRequest
from auth_service.domain.mails import LEASE, Mail, new_mail
from auth_service.domain.registrations import MOST_WAITING, PendingRegistration, account_of
from auth_service.domain.secrets import TokenPurpose, digest, mailed_token
from auth_service.use_cases.acting import AUTH
from servicekit.caller import Role, acting_as
from servicekit.ids import new_id

NOW = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)
EMAIL = "ada@example.org"
MOMENT = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def as_auth() -> Iterator[None]:
    with acting_as(AUTH):
        yield


def registration(
    email: str = EMAIL, request_id: str | None = None, age: timedelta = timedelta()
) -> PendingRegistration:
    return PendingRegistration(new_id(), Registration(email, "Ada", "hash", request_id), "192.0.2.7", NOW - age)


def mail(about: PendingRegistration, age: timedelta = timedelta()) -> Mail:
    made = new_mail(new_id(), None, MailKind.VERIFY_EMAIL, about.wish.email, NOW - age)
    return replace(made, registration_id=about.id)


async def kept(store: Store, *registrations: PendingRegistration) -> None:
    async with store.unit_of_work() as work:
        for each in registrations:
            assert await work.registrations.add(each)


async def mailed(store: Store, *registrations: PendingRegistration) -> None:
    """Each has its letter and the token in it."""
    async with store.unit_of_work() as work:
        for each in registrations:
            await work.mails.add(mail(each))
            await work.mailed_tokens.add(mailed_token(each.id, None, TokenPurpose.VERIFY_EMAIL, NOW, each.id))


async def test_a_registration_comes_back_as_it_was_and_the_newest_is_found_by_its_address(store: Store) -> None:
    first, second = registration(), registration(request_id=new_id())
    await kept(store, first, second, registration("bob@example.org"))
    async with store.unit_of_work() as work:
        assert await work.registrations.get(first.id) == first
        assert await work.registrations.newest(EMAIL) == second
        assert await work.registrations.get(new_id()) is None
        assert await work.registrations.newest("nobody@example.org") is None


async def test_a_registration_is_found_by_its_address_and_its_hash(store: Store) -> None:
    first, second = registration(), registration()
    second = replace(second, wish=replace(second.wish, password_hash="another hash"))
    await kept(store, first, second, registration("bob@example.org"))
    assert await store.registrations.salted(EMAIL) == "another hash"
    assert await store.registrations.salted("nobody@example.org") is None
    assert await store.registrations.waits(EMAIL, "hash")
    assert await store.registrations.waits(EMAIL, "another hash")
    assert not await store.registrations.waits(EMAIL, "a third hash")
    assert not await store.registrations.waits("bob@example.org", "another hash")


async def test_a_repeat_of_one_address_under_one_request_id_is_not_kept(store: Store) -> None:
    request_id = new_id()
    await kept(store, registration(request_id=request_id), registration("bob@example.org", request_id), registration())
    async with store.unit_of_work() as work:
        assert not await work.registrations.add(registration(request_id=request_id))
        assert await work.registrations.add(registration())


async def test_of_many_repeats_at_once_one_is_kept(store: Store) -> None:
    request_id = new_id()

    async def add() -> bool:
        async with store.unit_of_work() as work:
            return await work.registrations.add(registration(request_id=request_id))

    assert sorted(await asyncio.gather(*(add() for _ in range(20)))) == [False] * 19 + [True]


async def test_what_belongs_to_a_registration_belongs_to_its_account_afterwards(store: Store) -> None:
    ada, another = registration(), registration()
    await kept(store, ada, another)
    await mailed(store, ada, another)
    async with store.unit_of_work() as work:
        assert await work.accounts.add(account_of(ada, NOW))
        await work.registrations.become_account(ada.id)
    async with store.unit_of_work() as work:
        assert await work.registrations.get(ada.id) is None
        assert await work.registrations.get(another.id) == another
        tokens = [await work.mailed_tokens.get(digest(each.id)) for each in (ada, another)]
        assert [(token.user_id, token.registration_id) for token in tokens if token] == [
            (ada.id, None),
            (None, another.id),
        ]
        mails = await work.mails.claim(NOW, NOW + LEASE, 2)
        assert {(each.user_id, each.registration_id) for each in mails} == {(ada.id, None), (None, another.id)}


async def test_mails_of_a_kind_to_every_registration_of_an_address_are_told_from_a_time_on_the_newest_first(
    store: Store,
) -> None:
    first, second, other = registration(), registration(), registration("bob@example.org")
    await kept(store, first, second, other)
    ages = [(first, MOMENT), (second, timedelta()), (first, 2 * MOMENT), (other, timedelta())]
    async with store.unit_of_work() as work:
        for about, age in ages:
            await work.mails.add(mail(about, age))
        verify, reset, since = MailKind.VERIFY_EMAIL, MailKind.RESET_PASSWORD, NOW - 2 * MOMENT
        await work.mails.add(replace(mail(second, MOMENT / 2), kind=reset))
        assert list(await work.mails.to_registrations(EMAIL, verify, since)) == [NOW, NOW - MOMENT]
        assert list(await work.mails.to_registrations(EMAIL, reset, since)) == [NOW - MOMENT / 2]
        assert list(await work.mails.to_registrations("nobody@example.org", verify, since)) == []


async def test_those_older_than_a_registration_are_counted_up_to_a_number(store: Store) -> None:
    first, other, second, third = (registration(email) for email in (EMAIL, "bob@example.org", EMAIL, EMAIL))
    await kept(store, third, second, other, first)
    async with store.unit_of_work() as work:
        counted = [await work.registrations.older(each, 9) for each in (first, second, third, other)]
        assert counted == [0, 1, 2, 0]
        assert await work.registrations.older(third, 1) == 1


async def test_the_newest_is_one_of_the_first_few_which_stay(store: Store) -> None:
    made = [registration() for _ in range(MOST_WAITING + 2)]
    await kept(store, *reversed(made))
    async with store.unit_of_work() as work:
        assert await work.registrations.newest(EMAIL) == made[MOST_WAITING - 1]


async def test_a_registration_is_removed_with_its_mails_and_tokens(store: Store) -> None:
    gone, stays = registration(), registration()
    await kept(store, gone, stays)
    await mailed(store, gone, stays)
    for _ in range(2):
        async with store.unit_of_work() as work:
            await work.registrations.remove(gone.id)
    async with store.unit_of_work() as work:
        assert [await work.registrations.get(each.id) for each in (gone, stays)] == [None, stays]
        assert await work.mailed_tokens.get(digest(gone.id)) is None
        assert await work.mailed_tokens.get(digest(stays.id))
        assert [each.registration_id for each in await work.mails.claim(NOW, NOW + LEASE, 9)] == [stays.id]


async def test_a_wish_for_the_mail_of_a_registration_names_it(store: Store) -> None:
    wish = MailRequest(new_id(), MailKind.VERIFY_EMAIL, EMAIL, NOW, new_id())
    async with store.unit_of_work() as work:
        await work.mail_requests.add(wish)
    async with store.unit_of_work() as work:
        assert await work.mail_requests.take() == wish


async def test_registrations_go_by_their_time_with_their_mails_and_tokens(store: Store) -> None:
    old, older, young = registration(age=MOMENT), registration(age=2 * MOMENT), registration()
    await kept(store, old, older, young)
    async with store.unit_of_work() as work:
        for each in (old, young):
            await work.mails.add(mail(each))
            await work.mailed_tokens.add(mailed_token(each.id, None, TokenPurpose.VERIFY_EMAIL, NOW, each.id))
    assert await store.leftovers.remove_registrations(NOW - MOMENT, 1) == 1
    assert await store.leftovers.remove_registrations(NOW - MOMENT, 9) == 1
    assert await store.leftovers.remove_registrations(NOW - MOMENT, 9) == 0
    async with store.unit_of_work() as work:
        found = [await work.registrations.get(each.id) for each in (old, older, young)]
        assert found == [None, None, young]
        assert await work.mailed_tokens.get(digest(old.id)) is None
        assert await work.mailed_tokens.get(digest(young.id))
        assert [each.registration_id for each in await work.mails.claim(NOW, NOW + LEASE, 9)] == [young.id]


async def test_of_unconfirmed_accounts_of_earlier_versions_those_of_students_go_by_their_time(store: Store) -> None:
    people = ("old", "older", "young", "confirmed", "admin")
    old, older, young, confirmed, admin = (account_of(registration(f"{name}@example.org"), NOW) for name in people)
    old, older = replace(old, create_time=NOW - MOMENT), replace(older, create_time=NOW - 2 * MOMENT)
    confirmed = confirm(replace(confirmed, create_time=NOW - MOMENT), NOW)
    admin = replace(admin, create_time=NOW - MOMENT, role=Role.ADMIN)
    async with store.unit_of_work() as work:
        for each in (old, older, young, confirmed, admin):
            assert await work.accounts.add(each)
        await work.mails.add(new_mail(new_id(), old.id, MailKind.VERIFY_EMAIL, old.email, NOW))
        await work.mailed_tokens.add(mailed_token("secret", old.id, TokenPurpose.VERIFY_EMAIL, NOW))
    assert await store.leftovers.remove_unconfirmed_accounts(NOW - MOMENT, 1) == 1
    assert await store.leftovers.remove_unconfirmed_accounts(NOW - MOMENT, 9) == 1
    assert await store.leftovers.remove_unconfirmed_accounts(NOW - MOMENT, 9) == 0
    for gone in (old, older):
        assert await store.accounts.get(gone.id) is None
    for stays in (young, confirmed, admin):
        assert await store.accounts.get(stays.id) == stays
    async with store.unit_of_work() as work:
        assert await work.mailed_tokens.get(digest("secret")) is None
        assert not await work.mails.claim(NOW, NOW + LEASE, 9)
