"""Signing in with a second factor."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from fakes.auth.memory_leftovers import MemoryLeftovers
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, STEP, App, Auth

from auth_service.domain.access_tokens import Tokens
from auth_service.domain.attempts import CODE_LIMIT, GUESS_LIMIT
from auth_service.domain.erasure import Erasure
from auth_service.domain.second_factors import (
    CHALLENGE_LIFETIME,
    MOST_TRIES,
    RECOVERY_CODES,
)
from auth_service.domain.sessions import Client
from auth_service.errors import (
    MfaCodeInvalid,
    MfaTokenInvalid,
    TooManyAttempts,
)
from auth_service.use_cases.housekeeping import Housekeeping
from servicekit.caller import acting_as

NEW = "seven lamps in a harbour"


async def test_after_the_first_code_signing_in_needs_one(auth: Auth, enrolled: App) -> None:
    sessions = len(auth.database.tables.sessions)
    token = await enrolled.demand()
    assert len(auth.database.tables.sessions) == sessions
    tokens = await auth.mfa.complete(token, enrolled.code(), CLIENT)
    opened = auth.database.tables.sessions[max(auth.database.tables.sessions)]
    assert (tokens.user_id, opened.aal) == (enrolled.caller.id, 2)
    assert auth.audited()[-3:] == [
        ("session.opened", "MFA_NEEDED"),
        ("mfa.checked", "success"),
        ("session.opened", "success"),
    ]


async def test_until_the_first_code_signing_in_needs_none(auth: Auth, app: App) -> None:
    await app.create()
    assert isinstance(await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT), Tokens)


async def test_the_sign_in_that_cancels_an_erasure_says_so_only_with_the_code(auth: Auth, enrolled: App) -> None:
    auth.database.tables.erasures[enrolled.caller.id] = Erasure(enrolled.caller.id, auth.clock())
    waiting = await enrolled.demand()
    assert auth.database.tables.erasures
    assert (await auth.mfa.complete(waiting, enrolled.code(), CLIENT)).erasure_cancelled
    assert not auth.database.tables.erasures
    assert not (await enrolled.sign_in(enrolled.next_code())).erasure_cancelled


async def test_a_code_works_once_also_for_another_purpose(auth: Auth, enrolled: App) -> None:
    code = enrolled.code()
    await enrolled.sign_in(code)
    with pytest.raises(MfaCodeInvalid):
        await enrolled.sign_in(code)
    with acting_as(enrolled.caller), pytest.raises(MfaCodeInvalid):
        await auth.reauthentication.reauthenticate("", code, CLIENT)
    await enrolled.sign_in(enrolled.next_code())


async def test_the_code_that_completed_the_enrolment_signs_nobody_in(auth: Auth, app: App) -> None:
    await app.create()
    await app.confirm()
    with pytest.raises(MfaCodeInvalid):
        await app.sign_in(app.code())


async def test_a_code_older_than_one_that_was_used_is_spent_too(auth: Auth, enrolled: App) -> None:
    older = enrolled.code()
    await enrolled.sign_in(enrolled.next_code())
    with pytest.raises(MfaCodeInvalid):
        await enrolled.sign_in(older)


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_a_clock_may_be_off_by_half_a_minute(auth: Auth, enrolled: App, steps: int, good: bool) -> None:
    auth.clock.advance(10 * STEP)
    code = pyotp.TOTP(enrolled.secret).at(auth.clock() + steps * STEP)
    if good:
        assert await enrolled.sign_in(code)
    else:
        with pytest.raises(MfaCodeInvalid):
            await enrolled.sign_in(code)


async def test_each_recovery_code_replaces_the_app_once_however_it_is_typed(auth: Auth, enrolled: App) -> None:
    assert len(set(enrolled.recovery)) == RECOVERY_CODES
    first, second = enrolled.recovery[:2]
    await enrolled.sign_in(first)
    with pytest.raises(MfaCodeInvalid):
        await enrolled.sign_in(first)
    await enrolled.sign_in(second.lower().replace("-", " "))


async def test_one_token_takes_five_codes_at_most(auth: Auth, enrolled: App) -> None:
    token = await enrolled.demand()
    for _ in range(MOST_TRIES):
        with pytest.raises(MfaCodeInvalid):
            await auth.mfa.complete(token, "wrong code", CLIENT)
    with pytest.raises(MfaTokenInvalid):
        await auth.mfa.complete(token, enrolled.code(), CLIENT)


async def test_signing_in_again_gives_no_more_guesses(auth: Auth, enrolled: App) -> None:
    for _ in range(GUESS_LIMIT):
        with pytest.raises(MfaCodeInvalid):
            await enrolled.sign_in("wrong code")
    with pytest.raises(TooManyAttempts):
        await enrolled.sign_in(enrolled.code())


async def test_guessing_from_many_networks_is_limited_too(auth: Auth, enrolled: App) -> None:
    for number in range(CODE_LIMIT):
        with pytest.raises(MfaCodeInvalid):
            await auth.mfa.complete(await enrolled.demand(), "wrong code", Client(f"198.51.100.{number}"))
    with pytest.raises(TooManyAttempts):
        await enrolled.sign_in(enrolled.code())


@pytest.mark.parametrize("token", ["unknown", ""])
async def test_an_unknown_token_is_refused(auth: Auth, enrolled: App, token: str) -> None:
    with pytest.raises(MfaTokenInvalid):
        await auth.mfa.complete(token, enrolled.code(), CLIENT)


async def test_a_token_is_good_for_five_minutes_and_one_session(auth: Auth, enrolled: App) -> None:
    token = await enrolled.demand()
    await auth.mfa.complete(token, enrolled.code(), CLIENT)
    with pytest.raises(MfaTokenInvalid):
        await auth.mfa.complete(token, enrolled.next_code(), CLIENT)
    late = await enrolled.demand()
    auth.clock.advance(CHALLENGE_LIFETIME)
    with pytest.raises(MfaTokenInvalid):
        await auth.mfa.complete(late, enrolled.code(), CLIENT)
    housekeeping = Housekeeping(MemoryLeftovers(auth.database), auth.clock, timedelta(days=7))
    assert await housekeeping.sweep() == 1
    assert not auth.database.tables.factors.challenges


async def test_a_token_dies_with_the_password_the_app_or_the_account_s_good_name(auth: Auth, enrolled: App) -> None:
    token = await enrolled.demand()
    with acting_as(enrolled.caller):
        await auth.password_keeper.change(PASSWORD, NEW, CLIENT)
    with pytest.raises(MfaTokenInvalid):
        await auth.mfa.complete(token, enrolled.code(), CLIENT)
    with acting_as(enrolled.caller):
        await auth.password_keeper.change(NEW, PASSWORD, CLIENT)
    token = await enrolled.demand()
    account = auth.account
    auth.database.tables.accounts[account.id] = replace(account, suspend_time=auth.clock())
    with pytest.raises(MfaTokenInvalid):
        await auth.mfa.complete(token, enrolled.code(), CLIENT)
    auth.database.tables.accounts[account.id] = account
    del auth.database.tables.factors.totp[account.id]
    with pytest.raises(MfaTokenInvalid):
        await auth.mfa.complete(token, enrolled.code(), CLIENT)


async def test_of_many_who_present_a_token_at_once_one_gets_in(auth: Auth, enrolled: App) -> None:
    token, code = await enrolled.demand(), enrolled.code()
    tries = (auth.mfa.complete(token, code, CLIENT) for _ in range(MOST_TRIES))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(outcome, Tokens) for outcome in outcomes) == 1
