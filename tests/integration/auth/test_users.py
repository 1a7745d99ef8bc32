"""Profiles, preferences and administration, as a client meets them."""

import asyncio
from dataclasses import replace

import pytest
from integration.auth.conftest import Running, bearer
from integration.auth.test_races import count

from auth_service.errors import (
    AccountSuspended,
    CurrentPasswordWrong,
    FreshSignInNeeded,
    LastAdmin,
    TimeZoneUnknown,
    UserNotFound,
)
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.acting import AUTH
from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from littlemonster.auth.v1 import user_service_pb2 as pb2
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from servicekit.caller import Role, acting_as
from servicekit.errors import InvalidArgument, PermissionDenied
from servicekit.ids import new_id


async def admin(running: Running, name: str = "admin") -> auth_pb2.Tokens:
    """Tokens of an admin."""
    email = f"{name}-{running.email}"
    await running.verified(email)
    with acting_as(AUTH):
        async with units_of_work(running.database)() as work:
            account = await work.accounts.by_email(email)
            assert account
            await work.accounts.save(replace(account, role=Role.ADMIN))
    return await running.log_in(email)


async def test_a_person_changes_their_profile_and_others_see_it_without_the_address(running: Running) -> None:
    await running.verified()
    ada = await running.log_in()
    request = pb2.UpdateMeRequest(display_name="Ada L.", subjects=[SUBJECT_MATH])
    mine = await running.users.UpdateMe(request, metadata=bearer(ada))
    assert (mine.email, mine.display_name, list(mine.subjects)) == (running.email, "Ada L.", [SUBJECT_MATH])
    await running.verified(f"bob-{running.email}")
    bob = await running.log_in(f"bob-{running.email}")
    seen = await running.users.GetUser(pb2.GetUserRequest(user_id=ada.user_id), metadata=bearer(bob))
    assert (seen.display_name, seen.email, seen.avatar_color) == ("Ada L.", "", mine.avatar_color)
    with pytest.raises(UserNotFound):
        await running.users.GetUser(pb2.GetUserRequest(user_id=new_id()), metadata=bearer(bob))


async def test_preferences_are_kept_and_a_false_one_is_not_a_missing_one(running: Running) -> None:
    await running.verified()
    metadata = bearer(await running.log_in())
    before = await running.users.GetPreferences(pb2.GetPreferencesRequest(), metadata=metadata)
    assert (before.email_updates, before.time_zone, before.language) == (True, "UTC", "en")
    request = pb2.UpdatePreferencesRequest(email_updates=False, time_zone="Asia/Tokyo")
    await running.users.UpdatePreferences(request, metadata=metadata)
    after = await running.users.GetPreferences(pb2.GetPreferencesRequest(), metadata=metadata)
    assert (after.email_updates, after.notifications_enabled, after.time_zone) == (False, True, "Asia/Tokyo")
    with pytest.raises(InvalidArgument) as refused:
        await running.users.UpdatePreferences(pb2.UpdatePreferencesRequest(time_zone="Mars"), metadata=metadata)
    assert refused.value.reason == TimeZoneUnknown.reason
    with pytest.raises(InvalidArgument):
        await running.users.UpdatePreferences(pb2.UpdatePreferencesRequest(lm_color="red"), metadata=metadata)


async def test_twenty_changes_at_once_lose_none(running: Running) -> None:
    await running.verified()
    metadata = bearer(await running.log_in())
    changes = [
        pb2.UpdatePreferencesRequest(dark_mode=True),
        pb2.UpdatePreferencesRequest(language="de"),
        pb2.UpdatePreferencesRequest(time_zone="Europe/Berlin"),
        pb2.UpdatePreferencesRequest(email_updates=False),
    ]
    await asyncio.gather(*(running.users.UpdatePreferences(each, metadata=metadata) for each in changes * 5))
    after = await running.users.GetPreferences(pb2.GetPreferencesRequest(), metadata=metadata)
    assert (after.dark_mode, after.language, after.time_zone, after.email_updates) == (
        True,
        "de",
        "Europe/Berlin",
        False,
    )


async def test_an_admin_finds_and_suspends_an_account_and_nobody_else_may(running: Running) -> None:
    await running.verified()
    ada, boss = await running.log_in(), await admin(running)
    request = pb2.ListUsersRequest(query=running.email.upper(), page_size=1)
    page = await running.users.ListUsers(request, metadata=bearer(boss))
    assert [user.role for user in page.users] == [pb2.ROLE_ADMIN]
    request.page_token = page.next_page_token
    page = await running.users.ListUsers(request, metadata=bearer(boss))
    assert [(user.email, user.suspended) for user in page.users] == [(running.email, False)]
    assert page.next_page_token == ""

    suspend = pb2.UpdateUserRequest(user_id=ada.user_id, suspended=True)
    with pytest.raises(PermissionDenied):
        await running.users.ListUsers(request, metadata=bearer(ada))
    with pytest.raises(PermissionDenied):
        await running.users.UpdateUser(suspend, metadata=bearer(ada))
    assert (await running.users.UpdateUser(suspend, metadata=bearer(boss))).suspended
    with pytest.raises(AccountSuspended):
        await running.log_in()


async def test_two_admins_who_depose_each_other_at_once_leave_one(running: Running) -> None:
    first, second = await admin(running, "first"), await admin(running, "second")

    async def depose(by: auth_pb2.Tokens, whom: auth_pb2.Tokens) -> pb2.User:
        request = pb2.UpdateUserRequest(user_id=whom.user_id, role=pb2.ROLE_STUDENT)
        return await running.users.UpdateUser(request, metadata=bearer(by))

    outcomes = await asyncio.gather(depose(first, second), depose(second, first), return_exceptions=True)
    # Whoever comes second has lost role and session by then.
    assert sum(isinstance(outcome, LastAdmin | FreshSignInNeeded) for outcome in outcomes) == 1
    assert await count(running, "users", "role = 'ADMIN'") == 1


HOSTILE = ["\x00", "a\x00b", "\u202e", "\x1b[31m", "𒀀" * 1000, "%_\\'\"; DROP TABLE users; --", "x" * 1_000_000]


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_in_any_field_is_refused_clearly_or_harmless(running: Running, text: str) -> None:
    await running.verified()
    mine, boss = bearer(await running.log_in()), bearer(await admin(running))
    calls = (
        running.users.UpdateMe(pb2.UpdateMeRequest(display_name=text), metadata=mine),
        running.users.UpdateMe(pb2.UpdateMeRequest(avatar_color=text), metadata=mine),
        running.users.UpdateMe(pb2.UpdateMeRequest(update_mask={"paths": [text]}), metadata=mine),
        running.users.GetUser(pb2.GetUserRequest(user_id=text), metadata=mine),
        running.users.UpdatePreferences(pb2.UpdatePreferencesRequest(language=text), metadata=mine),
        running.users.UpdatePreferences(pb2.UpdatePreferencesRequest(time_zone=text), metadata=mine),
        running.users.ListUsers(pb2.ListUsersRequest(query=text), metadata=boss),
        running.users.ListUsers(pb2.ListUsersRequest(page_token=text), metadata=boss),
        running.users.UpdateUser(pb2.UpdateUserRequest(user_id=text, suspended=True), metadata=boss),
        running.auth.DeleteSession(auth_pb2.DeleteSessionRequest(session_id=text), metadata=mine),
        running.auth.ForgotPassword(auth_pb2.ForgotPasswordRequest(email=text)),
        running.auth.ResetPassword(auth_pb2.ResetPasswordRequest(token=text, new_password=text)),
        running.auth.ChangePassword(
            auth_pb2.ChangePasswordRequest(current_password=text, new_password="seven lamps in a harbour"),
            metadata=mine,
        ),
    )
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    refusals = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert all(isinstance(each, InvalidArgument | CurrentPasswordWrong) for each in refusals), refusals
    assert len(refusals) >= 10
