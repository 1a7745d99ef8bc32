"""From registering to signing out, as a client goes through it."""

from datetime import timedelta

import pytest
from integration.auth.conftest import PASSWORD, Running, bearer
from sqlalchemy import text

from auth_service.domain.sessions import GRACE
from auth_service.errors import (
    CredentialsInvalid,
    EmailNotVerified,
    RefreshTokenInvalid,
    RefreshTokenReused,
    SessionNotFound,
    TooManyAttempts,
    VerificationTokenInvalid,
)
from littlemonster.auth.v1 import auth_events_pb2
from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from littlemonster.auth.v1 import user_service_pb2 as user_pb2
from servicekit.database import compile_statement
from servicekit.errors import Unauthenticated
from servicekit.ids import new_id
from servicekit.pagination import PageTokenInvalid, encode_page_token

OUTBOX = compile_statement(
    text("SELECT subject, about, payload FROM outbox ORDER BY position"), row=lambda *columns: columns
)


async def events(running: Running, subject: str) -> list[tuple[str, bytes]]:
    rows = await running.database.all(OUTBOX)
    return [(about, payload) for name, about, payload in rows if name == subject]


async def test_a_person_registers_verifies_signs_in_refreshes_and_signs_out(running: Running) -> None:
    await running.register()
    with pytest.raises(EmailNotVerified):
        await running.log_in()
    await running.auth.VerifyEmail(auth_pb2.VerifyEmailRequest(token=await running.mailed_token()))
    first = await running.log_in()
    assert (first.token_type, first.expires_in, first.mfa_token) == ("Bearer", 600, "")

    me = await running.users.GetMe(user_pb2.GetMeRequest(), metadata=bearer(first))
    assert (me.id, me.email, me.display_name) == (first.user_id, running.email, "Ada")
    assert me.role == user_pb2.ROLE_STUDENT
    assert me.create_time.ToDatetime(running.clock().tzinfo) == running.clock()

    second = await running.refresh(first.refresh_token)
    await running.users.GetMe(user_pb2.GetMeRequest(), metadata=bearer(second))
    await running.auth.Logout(auth_pb2.LogoutRequest(), metadata=bearer(second))
    with pytest.raises(RefreshTokenInvalid):
        await running.refresh(second.refresh_token)


async def test_a_reused_refresh_token_ends_the_session_for_good(running: Running) -> None:
    await running.verified()
    first = await running.log_in()
    second = await running.refresh(first.refresh_token)
    running.clock.advance(GRACE)
    with pytest.raises(RefreshTokenReused):
        await running.refresh(first.refresh_token)
    with pytest.raises(RefreshTokenInvalid):
        await running.refresh(second.refresh_token)
    await running.log_in()


async def test_registering_and_the_end_of_a_session_are_told_to_other_services(running: Running) -> None:
    await running.verified()
    tokens = await running.log_in()
    await running.auth.Logout(auth_pb2.LogoutRequest(), metadata=bearer(tokens))
    await running.auth.Logout(auth_pb2.LogoutRequest(), metadata=bearer(tokens))

    ((user, registered),) = await events(running, "user.registered")
    assert user == tokens.user_id == auth_events_pb2.UserRegistered.FromString(registered).user_id
    ((session, revoked),) = await events(running, "session.revoked")
    assert session == auth_events_pb2.SessionRevoked.FromString(revoked).session_id


async def test_a_taken_address_gets_the_same_answer_and_its_owner_a_mail(running: Running) -> None:
    request = auth_pb2.RegisterRequest(email=running.email, password=PASSWORD, display_name="Ada")
    free = await running.auth.Register(request)
    await running.auth.VerifyEmail(auth_pb2.VerifyEmailRequest(token=await running.mailed_token()))
    await running.delivery.deliver_due()
    running.clock.advance(timedelta(minutes=1))
    assert await running.auth.Register(request) == free
    await running.delivery.deliver_due()
    subjects = [letter.subject for _, letter in running.mailer.taken]
    assert subjects == ["VERIFY_EMAIL", "ACCOUNT_OPENED", "ALREADY_REGISTERED"]


async def test_a_repeated_registration_request_has_no_second_effect(running: Running) -> None:
    request = auth_pb2.RegisterRequest(
        email=running.email,
        password=PASSWORD,
        display_name="Ada",
        request_id="0190b5c0-5a5c-7c3e-9d9f-2f5d3a1b7c11",
    )
    await running.auth.Register(request)
    running.clock.advance(timedelta(hours=23))
    await running.auth.Register(request)
    assert await running.delivery.deliver_due() == 2  # one wish, one mail


async def test_another_verification_mail_can_be_asked_for(running: Running) -> None:
    await running.register()
    running.clock.advance(timedelta(minutes=1))
    for email in (running.email, "nobody@example.org"):
        await running.auth.ResendVerification(auth_pb2.ResendVerificationRequest(email=email))
    await running.delivery.deliver_due()
    assert len(running.mailer.taken) == 2


async def test_a_mailed_token_is_refused_after_a_day_with_the_way_out(running: Running) -> None:
    await running.register()
    token = await running.mailed_token()
    running.clock.advance(timedelta(hours=24))
    with pytest.raises(VerificationTokenInvalid) as refusal:
        await running.auth.VerifyEmail(auth_pb2.VerifyEmailRequest(token=token))
    assert "/v1/auth/resend-verification" in str(refusal.value)
    assert "token" in refusal.value.fields


async def test_guessing_is_stopped_with_the_time_to_return(running: Running) -> None:
    await running.verified()
    for _ in range(10):
        with pytest.raises(CredentialsInvalid):
            await running.log_in(password="a wrong password")
    with pytest.raises(TooManyAttempts) as refusal:
        await running.log_in()
    assert refusal.value.retry_after


async def test_guessing_at_many_accounts_from_one_network_is_stopped(running: Running) -> None:
    network = "2001:db8:" + running.email[:4] + ":" + running.email[14:18] + "::"
    for number in range(100):
        with pytest.raises(CredentialsInvalid):
            await running.log_in(f"{number}-{running.email}", address=f"{network}{number:x}")
    with pytest.raises(TooManyAttempts):
        await running.log_in(address=f"{network}ffff")


async def test_the_published_key_is_the_one_tokens_are_signed_with(running: Running) -> None:
    (key,) = (await running.auth.GetJwks(auth_pb2.GetJwksRequest())).keys
    assert (key.kty, key.crv, key.use, key.alg) == ("OKP", "Ed25519", "sig", "EdDSA")
    assert len(key.kid) == len(key.x) == 43


async def test_profiles_and_signing_out_need_a_token(running: Running) -> None:
    with pytest.raises(Unauthenticated):
        await running.users.GetMe(user_pb2.GetMeRequest())
    with pytest.raises(Unauthenticated):
        await running.auth.Logout(auth_pb2.LogoutRequest())


async def test_a_person_sees_where_they_are_signed_in_page_by_page_and_ends_one(running: Running) -> None:
    await running.verified()
    here, *others = [await running.log_in() for _ in range(3)]

    async def page(token: str = "") -> auth_pb2.ListSessionsResponse:
        request = auth_pb2.ListSessionsRequest(page_size=2, page_token=token)
        return await running.auth.ListSessions(request, metadata=bearer(here))

    newest = await page()
    assert [session.current for session in newest.sessions] == [False, False]
    oldest = await page(newest.next_page_token)
    assert [session.current for session in oldest.sessions] == [True]
    assert oldest.next_page_token == ""

    request = auth_pb2.DeleteSessionRequest(session_id=newest.sessions[0].id)
    await running.auth.DeleteSession(request, metadata=bearer(here))
    assert len((await page()).sessions) == 2
    with pytest.raises(RefreshTokenInvalid):
        await running.refresh(others[-1].refresh_token)
    with pytest.raises(SessionNotFound):
        await running.auth.DeleteSession(request, metadata=bearer(here))


async def test_a_page_token_of_anything_else_is_refused(running: Running) -> None:
    await running.verified()
    tokens = await running.log_in()
    for token in (encode_page_token("users", new_id()), encode_page_token("sessions", "no id"), "x"):
        request = auth_pb2.ListSessionsRequest(page_token=token)
        with pytest.raises(PageTokenInvalid):
            await running.auth.ListSessions(request, metadata=bearer(tokens))


async def test_a_person_ends_all_sessions_but_the_one_they_ask_from(running: Running) -> None:
    await running.verified()
    here, *others = [await running.log_in() for _ in range(3)]
    await running.auth.RevokeOtherSessions(auth_pb2.RevokeOtherSessionsRequest(), metadata=bearer(here))
    for each in others:
        with pytest.raises(RefreshTokenInvalid):
            await running.refresh(each.refresh_token)
    left = await running.auth.ListSessions(auth_pb2.ListSessionsRequest(), metadata=bearer(here))
    assert [session.current for session in left.sessions] == [True]
    assert (await running.refresh(here.refresh_token)).access_token
