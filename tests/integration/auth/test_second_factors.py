"""The second factor as a client meets it, raced on a real PostgreSQL."""

import asyncio
from datetime import timedelta

import pyotp
import pytest
from fakes.auth.keys import key_source
from integration.auth.conftest import PASSWORD, Running, bearer
from integration.auth.test_races import count

from auth_service.clients.signing import Ed25519Signer
from auth_service.domain.second_factors import MOST_TRIES
from auth_service.domain.sessions import FRESH
from auth_service.errors import FreshSignInNeeded, MfaCodeInvalid, MfaTokenInvalid
from littlemonster.auth.v1 import auth_service_pb2 as pb2
from littlemonster.auth.v1 import user_service_pb2 as user_pb2
from servicekit.errors import InvalidArgument, ServiceError, Unauthenticated
from servicekit.identity.keys import StaticKeys
from servicekit.identity.tokens import TokenInvalid, TokenVerifier


async def enrol(running: Running) -> tuple[pyotp.TOTP, list[str], pb2.Tokens]:
    """Ada's app, half a minute after its first code, her recovery codes, and her first session."""
    await running.verified()
    tokens = await running.log_in()
    enrolment = await running.auth.CreateTotp(pb2.CreateTotpRequest(), metadata=bearer(tokens))
    app = pyotp.parse_uri(enrolment.otpauth_uri)
    assert isinstance(app, pyotp.TOTP)
    assert app.secret == enrolment.secret
    request = pb2.ConfirmTotpRequest(code=app.at(running.clock()))
    confirmed = await running.auth.ConfirmTotp(request, metadata=bearer(tokens))
    running.clock.advance(timedelta(seconds=30))
    return app, list(confirmed.recovery_codes), tokens


async def mfa(running: Running, token: str, code: str) -> pb2.Tokens:
    return await running.auth.LoginMfa(pb2.LoginMfaRequest(mfa_token=token, code=code))


async def demand(running: Running) -> str:
    answer = await running.log_in()
    assert answer == pb2.Tokens(mfa_token=answer.mfa_token)
    return answer.mfa_token


async def test_from_enrolment_to_removal(running: Running, signer: Ed25519Signer) -> None:
    app, recovery, _ = await enrol(running)
    tokens = await mfa(running, await demand(running), app.at(running.clock()))
    verifier = TokenVerifier(key_source(signer), StaticKeys({}))
    assert (await verifier.verify(tokens.access_token)).aal == 2
    assert (await verifier.verify((await running.refresh(tokens.refresh_token)).access_token)).aal == 2
    assert (await mfa(running, await demand(running), recovery[0])).access_token
    await running.auth.DeleteTotp(pb2.DeleteTotpRequest(), metadata=bearer(tokens))
    assert (await running.log_in()).access_token


async def test_one_code_tried_twenty_times_at_once_signs_in_once(running: Running) -> None:
    app, _, _ = await enrol(running)
    tokens = [await demand(running) for _ in range(20)]
    code = app.at(running.clock())
    outcomes = await asyncio.gather(*(mfa(running, token, code) for token in tokens), return_exceptions=True)
    assert sum(isinstance(outcome, pb2.Tokens) for outcome in outcomes) == 1, outcomes
    assert await count(running, "sessions", "aal = 2") == 2  # the one that enrolled and the new one


async def test_one_recovery_code_tried_twenty_times_at_once_signs_in_once(running: Running) -> None:
    _, recovery, _ = await enrol(running)
    tokens = [await demand(running) for _ in range(20)]
    outcomes = await asyncio.gather(*(mfa(running, token, recovery[0]) for token in tokens), return_exceptions=True)
    assert sum(isinstance(outcome, pb2.Tokens) for outcome in outcomes) == 1, outcomes
    assert await count(running, "recovery_codes") == len(recovery) - 1


async def test_twenty_wrong_codes_at_once_count_as_five(running: Running) -> None:
    app, _, _ = await enrol(running)
    token = await demand(running)
    outcomes = await asyncio.gather(*(mfa(running, token, "wrong code") for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(outcome, MfaCodeInvalid) for outcome in outcomes) == MOST_TRIES
    with pytest.raises(ServiceError):
        await mfa(running, token, app.at(running.clock()))
    assert await count(running, "audit_events", "action = 'mfa.checked' AND outcome = 'MFA_CODE_INVALID'") == MOST_TRIES


async def test_an_mfa_token_is_no_access_token_and_no_refresh_token(running: Running, signer: Ed25519Signer) -> None:
    await enrol(running)
    token = await demand(running)
    with pytest.raises(Unauthenticated):
        await running.users.GetMe(user_pb2.GetMeRequest(), metadata=(("authorization", f"Bearer {token}"),))
    with pytest.raises(TokenInvalid):
        await TokenVerifier(key_source(signer), StaticKeys({})).verify(token)
    with pytest.raises(Unauthenticated):
        await running.refresh(token)
    with pytest.raises(InvalidArgument):
        await running.auth.VerifyEmail(pb2.VerifyEmailRequest(token=token))


async def test_what_else_signs_in_is_no_mfa_token(running: Running) -> None:
    app, _, first = await enrol(running)
    for token in (first.access_token, first.refresh_token):
        with pytest.raises(MfaTokenInvalid):
            await mfa(running, token, app.at(running.clock()))


async def test_an_old_session_reauthenticates_by_a_code_before_it_gives_the_app_up(running: Running) -> None:
    app, _, tokens = await enrol(running)
    running.clock.advance(FRESH)
    with pytest.raises(FreshSignInNeeded) as refusal:
        await running.auth.DeleteTotp(pb2.DeleteTotpRequest(), metadata=bearer(tokens))
    assert refusal.value.reason == "FRESH_SIGN_IN_NEEDED"
    request = pb2.ReauthenticateRequest(code=app.at(running.clock()))
    await running.auth.Reauthenticate(request, metadata=bearer(tokens))
    await running.auth.DeleteTotp(pb2.DeleteTotpRequest(), metadata=bearer(tokens))


async def test_a_secret_lies_encrypted_in_the_database(running: Running) -> None:
    await running.verified()
    tokens = await running.log_in()
    enrolment = await running.auth.CreateTotp(pb2.CreateTotpRequest(), metadata=bearer(tokens))
    assert await count(running, "totp", f"encode(sealed_secret, 'escape') LIKE '%{enrolment.secret}%'") == 0
    assert await count(running, "totp") == 1


HOSTILE = [
    "\x00" * 6,
    "123456\x00",
    "\u202e12345",
    "１２３４５６",
    "٠١٢٣٤٥",
    "' OR 1=1 --",
    "x" * 1_000_000,
    "",
    "👩🏽‍🚀" * 6,
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_codes_and_tokens_are_refused_clearly(running: Running, text: str) -> None:
    _, _, tokens = await enrol(running)
    mine, token = bearer(tokens), await demand(running)
    calls = (
        running.auth.ConfirmTotp(pb2.ConfirmTotpRequest(code=text), metadata=mine),
        running.auth.Reauthenticate(pb2.ReauthenticateRequest(password=PASSWORD, code=text), metadata=mine),
        mfa(running, token, text),
        mfa(running, text, "123456"),
    )
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(each, ServiceError) for each in outcomes), outcomes
    reasons = {each.reason for each in outcomes if isinstance(each, ServiceError)}
    assert reasons <= {"REQUEST_INVALID", "MFA_CODE_INVALID", "MFA_TOKEN_INVALID", "MFA_CODE_NEEDED"}
