"""What admins do with accounts."""

from dataclasses import replace

import pytest
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, Auth

from auth_service.domain.accounts import Account, Registration, confirm, open_account
from auth_service.domain.administration import AccountChange
from auth_service.domain.events import AccessRevoked, SessionRevoked
from auth_service.errors import AccountSuspended, CredentialsInvalid, LastAdmin, RefreshTokenInvalid, UserNotFound
from servicekit.caller import Role
from servicekit.ids import new_id

SUSPEND, REINSTATE = AccountChange(suspended=True), AccountChange(suspended=False)


def admin(auth: Auth, name: str) -> Account:
    """One more account, an admin's."""
    opened = open_account(new_id(), Registration(f"{name}@example.org", name, "plain:x", None), auth.clock())
    account = replace(confirm(opened, auth.clock()), role=Role.ADMIN)
    auth.database.tables.accounts[account.id] = account
    return account


def revoked(auth: Auth) -> list[AccessRevoked]:
    return [event for event in auth.database.tables.events if isinstance(event, AccessRevoked)]


async def test_suspending_ends_every_session_and_refuses_new_ones_until_it_is_lifted(auth: Auth) -> None:
    tokens = await auth.signed_in()
    account = await auth.administer(tokens.user_id, SUSPEND)
    assert account.suspend_time == auth.clock()
    with pytest.raises(RefreshTokenInvalid):
        await auth.sessions.refresh(tokens.refresh_token)
    with pytest.raises(AccountSuspended):
        await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
    with pytest.raises(CredentialsInvalid):  # only the right password learns of the suspension
        await auth.sign_in.sign_in(EMAIL, "a wrong password", CLIENT)
    await auth.administer(tokens.user_id, REINSTATE)
    await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)


async def test_a_suspension_closes_what_opens_without_a_session_another_role_or_a_return_does_not(auth: Auth) -> None:
    account = admin(auth, "ada")  # who has no session at all
    admin(auth, "bob")
    for change in (AccountChange(role=Role.STUDENT), REINSTATE, AccountChange(role=Role.MODERATOR)):
        await auth.administer(account.id, change)
    assert revoked(auth) == []
    for _ in range(2):
        await auth.administer(account.id, SUSPEND)
    assert revoked(auth) == [AccessRevoked(account.id, auth.clock())]


async def test_suspending_again_keeps_the_first_time(auth: Auth) -> None:
    await auth.verified()
    first = await auth.administer(auth.account.id, SUSPEND)
    auth.clock.advance(first.create_time - first.create_time.replace(hour=0))
    assert await auth.administer(auth.account.id, SUSPEND) == first


async def test_another_role_ends_the_sessions_whose_tokens_name_the_old_one(auth: Auth) -> None:
    tokens = await auth.signed_in()
    await auth.administer(tokens.user_id, AccountChange(role=Role.MODERATOR))
    assert auth.account.role is Role.MODERATOR
    assert any(isinstance(event, SessionRevoked) for event in auth.database.tables.events)


async def test_the_same_role_ends_nothing(auth: Auth) -> None:
    tokens = await auth.signed_in()
    await auth.administer(tokens.user_id, AccountChange(role=Role.STUDENT, suspended=False))
    await auth.sessions.refresh(tokens.refresh_token)


@pytest.mark.parametrize("change", [SUSPEND, AccountChange(role=Role.STUDENT), AccountChange(Role.MODERATOR, True)])
async def test_the_last_admin_stays_one(auth: Auth, change: AccountChange) -> None:
    last, suspended = admin(auth, "last"), admin(auth, "suspended")
    await auth.administer(suspended.id, SUSPEND)
    with pytest.raises(LastAdmin):
        await auth.administer(last.id, change)
    assert auth.database.tables.accounts[last.id] == last


async def test_an_admin_whose_address_is_not_confirmed_is_not_counted_on(auth: Auth) -> None:
    last, unconfirmed = admin(auth, "last"), admin(auth, "unconfirmed")
    auth.database.tables.accounts[unconfirmed.id] = replace(unconfirmed, verify_time=None)
    with pytest.raises(LastAdmin):
        await auth.administer(last.id, AccountChange(role=Role.STUDENT))
    await auth.administer(unconfirmed.id, AccountChange(role=Role.STUDENT))


async def test_one_of_two_admins_may_go(auth: Auth) -> None:
    first, second = admin(auth, "first"), admin(auth, "second")
    await auth.administer(first.id, AccountChange(role=Role.STUDENT))
    with pytest.raises(LastAdmin):
        await auth.administer(second.id, SUSPEND)
    await auth.administer(second.id, AccountChange())  # what changes nothing is no danger


async def test_an_unknown_account_cannot_be_changed(auth: Auth) -> None:
    with pytest.raises(UserNotFound):
        await auth.administer("unknown", SUSPEND)


async def test_admins_search_all_accounts(auth: Auth) -> None:
    first, second = admin(auth, "first"), admin(auth, "second")
    assert list(await auth.administration.search("", None, None, 20)) == [second, first]
    assert list(await auth.administration.search("FIRST", Role.ADMIN, None, 20)) == [first]
