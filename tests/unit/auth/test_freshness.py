"""Proving again who one is."""

from dataclasses import replace

import pytest
from unit.auth.conftest import CLIENT, PASSWORD, Auth

from auth_service.domain.sessions import FRESH, Assurance, is_fresh, open_session, proven
from auth_service.errors import CurrentPasswordWrong, FreshSignInNeeded, PersonNeeded, SessionNotFound
from auth_service.use_cases.freshness import require_fresh
from servicekit.caller import Caller, Role, acting_as


async def signed_in(auth: Auth) -> Caller:
    tokens = await auth.signed_in()
    (session,) = auth.database.tables.sessions
    return Caller(tokens.user_id, Role.STUDENT, session)


async def demand(auth: Auth, caller: Caller) -> None:
    with acting_as(caller):
        async with auth.database.unit_of_work() as work:
            await require_fresh(work, caller, auth.clock())


async def test_a_session_is_fresh_for_five_minutes_and_again_once_the_password_is_given(auth: Auth) -> None:
    caller = await signed_in(auth)
    await demand(auth, caller)
    auth.clock.advance(FRESH)
    with pytest.raises(FreshSignInNeeded):
        await demand(auth, caller)
    with acting_as(caller):
        await auth.reauthentication.reauthenticate(PASSWORD, "", CLIENT)
    await demand(auth, caller)


async def test_renewing_tokens_proves_nothing(auth: Auth) -> None:
    tokens = await auth.signed_in()
    (session,) = auth.database.tables.sessions
    auth.clock.advance(FRESH)
    await auth.sessions.refresh(tokens.refresh_token)
    with pytest.raises(FreshSignInNeeded):
        await demand(auth, Caller(tokens.user_id, Role.STUDENT, session))


async def test_a_wrong_password_proves_nothing(auth: Auth) -> None:
    caller = await signed_in(auth)
    auth.clock.advance(FRESH)
    with acting_as(caller), pytest.raises(CurrentPasswordWrong):
        await auth.reauthentication.reauthenticate("a wrong password", "", CLIENT)
    with pytest.raises(FreshSignInNeeded):
        await demand(auth, caller)
    assert auth.audited()[-1] == ("session.reauthenticated", "CURRENT_PASSWORD_WRONG")


async def test_nobody_is_fresh_by_another_s_or_no_session(auth: Auth) -> None:
    caller = await signed_in(auth)
    for other in (replace(caller, id="another"), replace(caller, session_id="unknown")):
        with pytest.raises(FreshSignInNeeded):
            await demand(auth, other)


async def test_an_ended_session_is_not_made_fresh(auth: Auth) -> None:
    caller = await signed_in(auth)
    with acting_as(caller):
        await auth.sessions.sign_out()
        with pytest.raises(SessionNotFound):
            await auth.reauthentication.reauthenticate(PASSWORD, "", CLIENT)
    with pytest.raises(FreshSignInNeeded):
        await demand(auth, caller)


async def test_services_prove_nothing(auth: Auth) -> None:
    with acting_as(Caller.service("content")), pytest.raises(PersonNeeded):
        await auth.reauthentication.reauthenticate(PASSWORD, "", CLIENT)


def test_what_was_proven_better_is_not_forgotten(auth: Auth) -> None:
    session = open_session("session", "ada", "browser", auth.clock(), Assurance.TWO_FACTORS)
    assert proven(session, Assurance.PASSWORD, auth.clock()).aal == Assurance.TWO_FACTORS
    assert not is_fresh(replace(session, aal=1), Assurance.TWO_FACTORS, auth.clock())
