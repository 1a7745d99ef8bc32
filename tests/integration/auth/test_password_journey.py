"""Passwords forgotten, reset and changed, as a client goes through it, on a real PostgreSQL and Redis."""

import asyncio
from datetime import timedelta

import pytest
from integration.auth.conftest import PASSWORD, Running, bearer
from integration.auth.test_races import count

from auth_service.errors import (
    CredentialsInvalid,
    CurrentPasswordWrong,
    PasswordTooCommon,
    RefreshTokenInvalid,
    ResetTokenInvalid,
)
from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from servicekit.errors import ServiceError

NEW = "seven lamps in a harbour"


async def forgotten(running: Running) -> str:
    """The mailed token."""
    running.clock.advance(timedelta(minutes=1))
    await running.auth.ForgotPassword(auth_pb2.ForgotPasswordRequest(email=running.email))
    return await running.mailed_token()


async def reset(running: Running, token: str, password: str = NEW) -> None:
    await running.auth.ResetPassword(auth_pb2.ResetPasswordRequest(token=token, new_password=password))


async def test_a_forgotten_password_is_reset_and_every_session_ends(running: Running) -> None:
    await running.verified()
    tokens = await running.log_in()
    token = await forgotten(running)
    await reset(running, token)
    with pytest.raises(RefreshTokenInvalid):
        await running.refresh(tokens.refresh_token)
    with pytest.raises(CredentialsInvalid):
        await running.log_in()
    await running.log_in(password=NEW)
    with pytest.raises(ResetTokenInvalid):
        await reset(running, token)
    await running.delivery.deliver_due()
    assert [letter.subject for _, letter in running.mailer.taken][-2:] == ["RESET_PASSWORD", "PASSWORD_CHANGED"]


async def test_forgetting_answers_alike_for_every_address(running: Running) -> None:
    await running.verified()
    running.clock.advance(timedelta(minutes=1))
    for email in (running.email, f"nobody-{running.email}"):
        answer = await running.auth.ForgotPassword(auth_pb2.ForgotPasswordRequest(email=email))
        assert answer == auth_pb2.ForgotPasswordResponse()
    await running.delivery.deliver_due()
    assert await count(running, "mails", "kind = 'RESET_PASSWORD'") == 1


async def test_a_changed_password_ends_the_other_sessions_alone(running: Running) -> None:
    await running.verified()
    here, there = await running.log_in(), await running.log_in()

    async def change(current: str, new: str) -> None:
        request = auth_pb2.ChangePasswordRequest(current_password=current, new_password=new)
        await running.auth.ChangePassword(request, metadata=bearer(here))

    with pytest.raises(CurrentPasswordWrong):
        await change("a wrong password", NEW)
    with pytest.raises(PasswordTooCommon):
        await change(PASSWORD, "littlemonster")
    await change(PASSWORD, NEW)
    await running.refresh(here.refresh_token)
    with pytest.raises(RefreshTokenInvalid):
        await running.refresh(there.refresh_token)


async def test_twenty_resets_with_one_token_at_once_set_one_password(running: Running) -> None:
    await running.verified()
    token = await forgotten(running)
    tries = (reset(running, token, f"{NEW} {number}") for number in range(20))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, ResetTokenInvalid) for outcome in outcomes) == 19


async def test_resetting_while_signing_in_and_refreshing_leaves_no_session_of_the_old_password(
    running: Running,
) -> None:
    await running.verified()
    tokens = await running.log_in()
    token = await forgotten(running)
    outcomes = await asyncio.gather(
        reset(running, token),
        *(running.log_in() for _ in range(5)),
        *(running.refresh(tokens.refresh_token) for _ in range(5)),
        return_exceptions=True,
    )
    assert outcomes[0] is None
    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert all(isinstance(each, ServiceError) and each.reason != "INTERNAL" for each in refused)
    assert await count(running, "sessions", "revoke_time IS NULL") == 0
