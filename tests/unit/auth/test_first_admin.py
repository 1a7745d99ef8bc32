"""The account that makes others admins."""

import pytest
from fakes.auth.passwords import COMMON
from unit.auth.conftest import CLIENT, EMAIL, App, Auth

from auth_service.domain.administration import AccountChange
from auth_service.domain.events import AccessRevoked, UserRegistered
from auth_service.errors import MfaTokenInvalid, PasswordTooCommon, RefreshTokenInvalid
from auth_service.use_cases.first_admin import FirstAdmin
from servicekit.caller import Role

NEW = "seven lamps in a harbour"


@pytest.fixture
def first_admin(auth: Auth) -> FirstAdmin:
    return FirstAdmin(auth.database.unit_of_work, auth.passwords, auth.clock)


async def test_a_new_address_becomes_an_admin_who_can_sign_in_at_once(auth: Auth, first_admin: FirstAdmin) -> None:
    await first_admin.create("Ada@Example.org", "Ada", NEW)
    assert (auth.account.email, auth.account.role) == (EMAIL, Role.ADMIN)
    await auth.sign_in.sign_in(EMAIL, NEW, CLIENT)
    assert [type(event) for event in auth.database.tables.events] == [UserRegistered, AccessRevoked]


async def test_an_account_that_exists_is_taken_over_also_a_suspended_one(auth: Auth, first_admin: FirstAdmin) -> None:
    tokens = await auth.signed_in()
    await auth.administer(tokens.user_id, AccountChange(suspended=True))
    await first_admin.create(EMAIL, "Another name", NEW)
    assert (auth.account.id, auth.account.role, auth.account.display_name) == (tokens.user_id, Role.ADMIN, "Ada")
    await auth.sign_in.sign_in(EMAIL, NEW, CLIENT)
    with pytest.raises(RefreshTokenInvalid):
        await auth.sessions.refresh(tokens.refresh_token)


async def test_an_admin_s_password_is_not_a_common_one(auth: Auth, first_admin: FirstAdmin) -> None:
    with pytest.raises(PasswordTooCommon):
        await first_admin.create(EMAIL, "Ada", COMMON)
    assert not auth.database.tables.accounts


async def test_a_sign_in_that_waits_for_its_code_is_over_when_the_operator_sets_the_password(
    auth: Auth, enrolled: App, first_admin: FirstAdmin
) -> None:
    waiting = await enrolled.demand()
    await first_admin.create(EMAIL, "Ada", NEW)
    with pytest.raises(MfaTokenInvalid):
        await auth.mfa.complete(waiting, enrolled.code(), CLIENT)
