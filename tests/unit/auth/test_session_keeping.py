"""Refreshing, signing out, and what is left of a session afterwards."""

from datetime import timedelta

import pytest
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, Auth

from auth_service.domain.events import SessionRevoked
from auth_service.domain.secrets import new_salt, successor
from auth_service.domain.sessions import GRACE, INACTIVITY_LIFETIME, Session, open_session
from auth_service.errors import PersonNeeded, RefreshTokenInvalid, RefreshTokenReused, SessionNotFound, UserNotFound
from servicekit.caller import Caller, Role, acting_as
from servicekit.errors import Unauthenticated
from servicekit.ids import new_id


def only_session(auth: Auth) -> Session:
    (session,) = auth.database.tables.sessions.values()
    return session


def revocations(auth: Auth) -> list[SessionRevoked]:
    return [event for event in auth.database.tables.events if isinstance(event, SessionRevoked)]


def bearer(auth: Auth) -> Caller:
    session = only_session(auth)
    return Caller(session.user_id, Role.STUDENT, session.id)


async def test_a_refresh_token_buys_a_new_pair(auth: Auth) -> None:
    first = await auth.signed_in()
    second = await auth.sessions.refresh(first.refresh_token)
    assert second.refresh_token != first.refresh_token
    assert second.access_token != first.access_token
    await auth.sessions.refresh(second.refresh_token)
    assert only_session(auth).generation == 3


async def test_a_spent_token_ends_the_session_and_that_outlives_the_failure(auth: Auth) -> None:
    first = await auth.signed_in()
    second = await auth.sessions.refresh(first.refresh_token)
    auth.clock.advance(GRACE)
    with pytest.raises(RefreshTokenReused):
        await auth.sessions.refresh(first.refresh_token)
    assert only_session(auth).revoke_time == auth.clock()
    with pytest.raises(RefreshTokenInvalid):
        await auth.sessions.refresh(second.refresh_token)


async def test_the_end_of_a_session_is_told_once(auth: Auth) -> None:
    first = await auth.signed_in()
    await auth.sessions.refresh(first.refresh_token)
    auth.clock.advance(GRACE)
    for _ in range(3):
        with pytest.raises(RefreshTokenReused):
            await auth.sessions.refresh(first.refresh_token)
    session = only_session(auth)
    assert revocations(auth) == [SessionRevoked(session.id, session.user_id, auth.clock())]


async def test_a_lost_answer_is_given_again_and_is_the_same(auth: Auth) -> None:
    first = await auth.signed_in()
    lost = await auth.sessions.refresh(first.refresh_token)
    auth.clock.advance(GRACE - timedelta(seconds=1))
    again = await auth.sessions.refresh(first.refresh_token)
    assert again.refresh_token == lost.refresh_token
    assert len(auth.database.tables.refresh_tokens) == 2
    assert only_session(auth).generation == 2
    await auth.sessions.refresh(again.refresh_token)


async def test_of_a_token_whose_successor_was_used_a_repeat_is_a_replay_at_once(auth: Auth) -> None:
    first = await auth.signed_in()
    second = await auth.sessions.refresh(first.refresh_token)
    await auth.sessions.refresh(second.refresh_token)
    with pytest.raises(RefreshTokenReused):
        await auth.sessions.refresh(first.refresh_token)


async def test_what_is_kept_does_not_tell_a_token_s_successor(auth: Auth) -> None:
    first = await auth.signed_in()
    second = await auth.sessions.refresh(first.refresh_token)
    assert second.refresh_token not in repr(auth.database.tables)
    assert second.refresh_token != successor(first.refresh_token, new_salt())


async def test_the_caller_s_sessions_are_listed_and_ended(auth: Auth) -> None:
    await auth.signed_in()
    await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
    older, newer = sorted(auth.database.tables.sessions.values(), key=lambda session: session.id)
    with acting_as(Caller(auth.account.id, Role.STUDENT, older.id)):
        assert list(await auth.devices.living(None, 20)) == [newer, older]
        await auth.devices.end(newer.id)
        assert list(await auth.devices.living(None, 20)) == [older]
        with pytest.raises(SessionNotFound):
            await auth.devices.end(newer.id)
    assert revocations(auth) == [SessionRevoked(newer.id, newer.user_id, auth.clock())]


async def test_all_sessions_but_the_one_that_asks_end_at_once_and_nobody_else_s(auth: Auth) -> None:
    await auth.signed_in()
    for _ in range(2):
        await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
    first, here, last = sorted(auth.database.tables.sessions)
    theirs = open_session(new_id(), new_id(), "browser", auth.clock())
    auth.database.tables.sessions[theirs.id] = theirs
    for _ in range(2):
        with acting_as(Caller(auth.account.id, Role.STUDENT, here)):
            await auth.devices.end_others(CLIENT)
    living = {each.id for each in auth.database.tables.sessions.values() if each.revoke_time is None}
    assert living == {here, theirs.id}
    assert [event.session_id for event in revocations(auth)] == [first, last]
    assert auth.audited()[-1] == ("session.revoked", "success")
    with acting_as(Caller("gone", Role.STUDENT, "session")), pytest.raises(UserNotFound):
        await auth.devices.end_others(CLIENT)


async def test_nobody_ends_or_lists_another_s_session(auth: Auth) -> None:
    await auth.signed_in()
    for stranger in (Caller("stranger", Role.STUDENT, "theirs"), Caller("admin", Role.ADMIN, "theirs")):
        with acting_as(stranger):
            assert list(await auth.devices.living(None, 20)) == []
            with pytest.raises(SessionNotFound):
                await auth.devices.end(only_session(auth).id)
    assert only_session(auth).revoke_time is None


async def test_a_token_never_given_out_is_refused(auth: Auth) -> None:
    with pytest.raises(RefreshTokenInvalid):
        await auth.sessions.refresh("made up by somebody")


async def test_an_expired_session_cannot_be_refreshed(auth: Auth) -> None:
    first = await auth.signed_in()
    auth.clock.advance(INACTIVITY_LIFETIME)
    with pytest.raises(RefreshTokenInvalid):
        await auth.sessions.refresh(first.refresh_token)


async def test_a_session_without_its_account_cannot_be_refreshed(auth: Auth) -> None:
    first = await auth.signed_in()
    auth.database.tables.accounts.clear()
    with pytest.raises(RefreshTokenInvalid):
        await auth.sessions.refresh(first.refresh_token)


async def test_signing_out_ends_the_session_once(auth: Auth) -> None:
    first = await auth.signed_in()
    with acting_as(bearer(auth)):
        await auth.sessions.sign_out()
        await auth.sessions.sign_out()
    assert len(revocations(auth)) == 1
    with pytest.raises(RefreshTokenInvalid):
        await auth.sessions.refresh(first.refresh_token)


async def test_nobody_signs_another_out(auth: Auth) -> None:
    await auth.signed_in()
    with acting_as(Caller("stranger", Role.STUDENT, only_session(auth).id)):
        await auth.sessions.sign_out()
    assert only_session(auth).revoke_time is None


async def test_signing_out_needs_a_caller(auth: Auth) -> None:
    with pytest.raises(Unauthenticated):
        await auth.sessions.sign_out()


async def test_people_see_their_own_account(auth: Auth) -> None:
    await auth.signed_in()
    with acting_as(bearer(auth)):
        assert await auth.profiles.me() == auth.account


async def test_an_erased_account_is_not_found(auth: Auth) -> None:
    with acting_as(Caller("erased", Role.STUDENT, "session")), pytest.raises(UserNotFound):
        await auth.profiles.me()


async def test_a_service_has_no_session_to_end_and_no_profile(auth: Auth) -> None:
    with acting_as(Caller.service("content")):
        with pytest.raises(PersonNeeded):
            await auth.sessions.sign_out()
        with pytest.raises(PersonNeeded):
            await auth.profiles.me()
