"""Accounts, tokens and sessions keep what they are given, in memory as in PostgreSQL."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from contract.auth.conftest import Store

from auth_service.domain.accounts import Account, Registration, confirm, open_account
from auth_service.domain.events import SessionRevoked, UserRegistered
from auth_service.domain.preferences import Preferences
from auth_service.domain.secrets import TokenPurpose, digest, mailed_token
from auth_service.domain.sessions import (
    ABSOLUTE_LIFETIME,
    INACTIVITY_LIFETIME,
    open_session,
    refresh_token,
    revoke,
)
from auth_service.use_cases.acting import AUTH
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

NOW = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)


def account(email: str = "ada@example.org") -> Account:
    return open_account(new_id(), Registration(email, "عائشة 👩🏽‍🚀", "hash", new_id()), NOW)


@pytest.fixture(autouse=True)
def as_auth() -> Iterator[None]:
    """Every test but those of row-level security runs as the service."""
    with acting_as(AUTH):
        yield


async def kept(store: Store, *accounts: Account) -> None:
    async with store.unit_of_work() as work:
        for each in accounts:
            assert await work.accounts.add(each)


async def test_an_account_comes_back_as_it_was(store: Store) -> None:
    ada = replace(account(), subjects=("MATH", "HISTORY"))
    await kept(store, ada)
    assert await store.accounts.get(ada.id) == ada
    assert await store.accounts.by_email(ada.email) == ada
    async with store.unit_of_work() as work:
        assert await work.accounts.get(ada.id) == ada
        assert await work.accounts.by_email(ada.email) == ada


async def test_what_was_never_kept_is_none(store: Store) -> None:
    assert await store.accounts.get(new_id()) is None
    assert await store.accounts.by_email("nobody@example.org") is None
    async with store.unit_of_work() as work:
        assert await work.accounts.get(new_id()) is None
        assert await work.sessions.get(new_id()) is None
        assert await work.sessions.refresh_token(digest("unknown")) is None
        assert await work.mailed_tokens.get(digest("unknown")) is None


async def test_a_saved_account_is_changed(store: Store) -> None:
    ada = account()
    await kept(store, ada)
    changed = replace(confirm(ada, NOW), display_name="Ada L.", role=Role.ADMIN, subjects=("MATH",))
    async with store.unit_of_work() as work:
        await work.accounts.save(changed)
    assert await store.accounts.get(ada.id) == changed


async def test_a_taken_address_is_told_and_changes_nothing(store: Store) -> None:
    ada = account()
    await kept(store, ada)
    async with store.unit_of_work() as work:
        assert not await work.accounts.add(account())
    assert await store.accounts.by_email(ada.email) == ada


async def test_of_many_who_add_one_address_at_once_one_succeeds(store: Store) -> None:
    async def add() -> bool:
        async with store.unit_of_work() as work:
            return await work.accounts.add(account())

    assert sorted(await asyncio.gather(*(add() for _ in range(20)))) == [False] * 19 + [True]


async def test_a_failure_undoes_the_whole_unit_of_work(store: Store) -> None:
    ada = account()

    async def fail_at_the_end() -> None:
        async with store.unit_of_work() as work:
            await work.accounts.add(ada)
            await work.publish(UserRegistered(ada.id, ada.display_name, NOW))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_at_the_end()
    assert await store.accounts.get(ada.id) is None


async def test_two_who_change_one_account_wait_for_each_other(store: Store) -> None:
    ada = account()
    await kept(store, ada)

    async def lengthen() -> None:
        async with store.unit_of_work() as work:
            current = await work.accounts.get(ada.id)
            assert current
            await asyncio.sleep(0)
            await work.accounts.save(replace(current, display_name=current.display_name + "x"))

    await asyncio.gather(*(lengthen() for _ in range(10)))
    after = await store.accounts.get(ada.id)
    assert after
    assert after.display_name == ada.display_name + "x" * 10


async def test_sessions_and_their_tokens_come_back_as_they_were(store: Store) -> None:
    ada = account()
    await kept(store, ada)
    session = open_session(new_id(), ada.id, "browser", NOW)
    token = refresh_token(digest("secret"), session)
    async with store.unit_of_work() as work:
        await work.sessions.add(session)
        await work.sessions.add_refresh_token(token)
    changed = replace(
        revoke(session, NOW), generation=2, last_used_time=NOW + timedelta(hours=1), successor_salt=b"salt"
    )
    async with store.unit_of_work() as work:
        assert await work.sessions.get(session.id) == session
        assert await work.sessions.refresh_token(digest("secret")) == token
        await work.sessions.save(changed)
        await work.publish(SessionRevoked(session.id, ada.id, NOW))
    async with store.unit_of_work() as work:
        assert await work.sessions.get(session.id) == changed


async def test_accounts_are_found_by_a_part_of_address_or_name_newest_first_in_pages(store: Store) -> None:
    people = [
        replace(account(email), display_name=name, role=role)
        for email, name, role in (
            ("ada@example.org", "Ada", Role.STUDENT),
            ("bob@example.org", "Bob Ada-Smith", Role.STUDENT),
            ("100%@example.org", "Percy", Role.ADMIN),
            ("carol_x@example.org", "Carol\\", Role.MODERATOR),
        )
    ]
    await kept(store, *people)

    async def names(query: str, role: Role | None = None, before: str | None = None, limit: int = 20) -> list[str]:
        return [found.email[:3] for found in await store.accounts.search(query, role, before, limit)]

    assert await names("") == ["car", "100", "bob", "ada"]
    assert await names("", limit=2) == ["car", "100"]
    assert await names("", before=people[2].id) == ["bob", "ada"]
    assert await names("ADA") == ["bob", "ada"]
    assert await names("%") == ["100"]
    assert await names("l_x") == ["car"]
    assert await names("\\") == ["car"]
    assert await names("", Role.ADMIN) == ["100"]
    assert await names("ada", Role.ADMIN) == []
    with acting_as(Caller(people[0].id, Role.STUDENT, "session")):
        assert await names("") == ["ada"]


async def test_acting_admins_are_those_who_are_confirmed_and_not_suspended(store: Store) -> None:
    names = ("admin", "suspended", "unconfirmed")
    admins = [replace(account(f"{name}@example.org"), role=Role.ADMIN, verify_time=NOW) for name in names]
    admin, suspended, unconfirmed = admins
    await kept(store, account(), admin, replace(suspended, suspend_time=NOW), replace(unconfirmed, verify_time=None))
    async with store.unit_of_work() as work:
        assert list(await work.accounts.acting_admins()) == [admin]


async def test_preferences_come_back_as_they_were_and_can_be_replaced(store: Store) -> None:
    ada = account()
    await kept(store, ada)
    assert await store.preferences.of(ada.id) is None
    for preferences in (Preferences(dark_mode=True, time_zone="Europe/Berlin"), Preferences(language="pt-BR")):
        async with store.unit_of_work() as work:
            await work.preferences.save(ada.id, preferences)
            assert await work.preferences.of(ada.id) == preferences
        assert await store.preferences.of(ada.id) == preferences
    with acting_as(Caller(new_id(), Role.STUDENT, "session")):
        assert await store.preferences.of(ada.id) is None


async def test_unended_sessions_of_an_account_are_found_expired_ones_too(store: Store) -> None:
    ada, bob = account(), account("bob@example.org")
    await kept(store, ada, bob)
    living, expired, another = (
        open_session(new_id(), owner.id, "browser", time)
        for owner, time in ((ada, NOW), (ada, NOW - ABSOLUTE_LIFETIME), (bob, NOW))
    )
    async with store.unit_of_work() as work:
        for session in (living, expired, another, revoke(open_session(new_id(), ada.id, "ended", NOW), NOW)):
            await work.sessions.add(session)
    async with store.unit_of_work() as work:
        assert list(await work.sessions.unended(ada.id)) == [living, expired]


async def test_sessions_beside_those_used_last_are_found_the_ended_ones_not(store: Store) -> None:
    ada, bob = account(), account("bob@example.org")
    await kept(store, ada, bob)
    used = [open_session(new_id(), ada.id, "browser", NOW - ago * HOUR) for ago in (1, 0, 3, 2)]
    others = [open_session(new_id(), bob.id, "browser", NOW - 4 * HOUR)]
    ended = [revoke(open_session(new_id(), ada.id, "browser", NOW - 4 * HOUR), NOW)]
    async with store.unit_of_work() as work:
        for session in used + others + ended:
            await work.sessions.add(session)
    async with store.unit_of_work() as work:
        assert list(await work.sessions.surplus(ada.id, 2, 5)) == used[2:]
        assert list(await work.sessions.surplus(ada.id, 2, 1)) == used[3:]
        assert list(await work.sessions.surplus(ada.id, 4, 5)) == []


async def test_living_sessions_are_listed_newest_first_in_pages(store: Store) -> None:
    ada, bob = account(), account("bob@example.org")
    await kept(store, ada, bob)
    ids = [new_id() for _ in range(4)]
    sessions = [open_session(each, ada.id, "browser", NOW) for each in ids]
    ended = revoke(open_session(new_id(), ada.id, "ended", NOW), NOW)
    unused = open_session(new_id(), ada.id, "unused", NOW - INACTIVITY_LIFETIME)
    worn = replace(open_session(new_id(), ada.id, "worn", NOW - ABSOLUTE_LIFETIME), last_used_time=NOW)
    async with store.unit_of_work() as work:
        for session in (*sessions, ended, unused, worn, open_session(new_id(), bob.id, "another's", NOW)):
            await work.sessions.add(session)
    newest = sessions[::-1]
    assert list(await store.sessions.living(ada.id, NOW, None, 3)) == newest[:3]
    assert list(await store.sessions.living(ada.id, NOW, newest[2].id, 3)) == newest[3:]
    with acting_as(Caller(bob.id, Role.STUDENT, "session")):
        assert list(await store.sessions.living(ada.id, NOW, None, 3)) == []


async def test_removing_an_account_s_tokens_leaves_the_others(store: Store) -> None:
    ada, bob = account(), account("bob@example.org")
    await kept(store, ada, bob)
    tokens = [
        mailed_token(secret, owner.id, TokenPurpose.RESET_PASSWORD, NOW)
        for secret, owner in (("1", ada), ("2", ada), ("3", bob))
    ]
    async with store.unit_of_work() as work:
        for token in tokens:
            await work.mailed_tokens.add(token)
        await work.mailed_tokens.remove(ada.id)
        assert [await work.mailed_tokens.get(token.digest) for token in tokens] == [None, None, tokens[2]]


async def test_a_person_sees_only_their_own_account_and_sessions(store: Store) -> None:
    ada, bob = account(), account("bob@example.org")
    await kept(store, ada, bob)
    session = open_session(new_id(), ada.id, "browser", NOW)
    async with store.unit_of_work() as work:
        await work.sessions.add(session)
    with acting_as(Caller(bob.id, Role.STUDENT, "session")):
        assert await store.accounts.get(ada.id) is None
        assert await store.accounts.get(bob.id) == bob
        async with store.unit_of_work() as work:
            assert await work.sessions.get(session.id) is None


async def test_nobody_sees_nothing(store: Store) -> None:
    ada = account()
    await kept(store, ada)
    with acting_as(None):
        assert await store.accounts.get(ada.id) is None
        assert await store.accounts.by_email(ada.email) is None


async def test_accounts_are_known_by_id_and_by_name_once_confirmed_and_while_not_suspended(store: Store) -> None:
    ada, ben, cleo, dan, eve = (
        replace(account(f"{name}@example.org"), display_name=name, verify_time=NOW)
        for name in ("Ada Lovelace", "Ben", "ben", "Dan", "Eve")
    )
    dan, eve = replace(dan, verify_time=None), replace(eve, suspend_time=NOW)
    await kept(store, ada, ben, replace(cleo, email="cleo@example.org"), dan, eve)
    known = store.accounts.known
    assert await known([], ["ada lovelace", "dan", "eve", "nobody"], 9) == [ada]
    assert [found.id for found in await known([], ["ben"], 9)] == [ben.id, cleo.id]
    assert [found.id for found in await known([ada.id, dan.id, new_id()], ["ben"], 2)] == [ada.id, ben.id]
    assert await known([], [], 9) == []
