"""Looking at passwords takes long, so nobody may have it done for ever, and whoever found no room has guessed nothing."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, Auth

from auth_service.domain.attempts import CHECK_LIMIT, GUESS_LIMIT, WINDOW
from auth_service.domain.sessions import Client
from auth_service.errors import CredentialsInvalid, CurrentPasswordWrong, PasswordChecksBusy, TooManyAttempts
from servicekit.caller import Caller, Role, acting_as

Give = Callable[[Auth, str], Awaitable[None]]


async def sign_in(auth: Auth, password: str) -> None:
    await auth.sign_in.sign_in(EMAIL, password, CLIENT)


async def prove(auth: Auth, password: str) -> None:
    with acting_as(Caller(auth.account.id, Role.STUDENT, min(auth.database.tables.sessions))):
        await auth.reauthentication.reauthenticate(password, "", CLIENT)


async def busy(password: str, stored: str | None) -> bool:
    raise PasswordChecksBusy


async def times(number: int, auth: Auth, give: Give, password: str, refusal: type[Exception]) -> None:
    for _ in range(number):
        with pytest.raises(refusal):
            await give(auth, password)


@pytest.mark.parametrize("give", [sign_in, prove])
async def test_the_right_password_again_and_again_is_looked_at_sixty_times(auth: Auth, give: Give) -> None:
    await auth.signed_in()
    auth.clock.advance(WINDOW)
    for _ in range(CHECK_LIMIT):
        await give(auth, PASSWORD)
    checks = auth.passwords.checks
    with pytest.raises(TooManyAttempts) as refusal:
        await give(auth, PASSWORD)
    assert refusal.value.retry_after == WINDOW
    assert auth.passwords.checks == checks
    await auth.sign_in.sign_in(EMAIL, PASSWORD, Client(address="192.0.2.8"))
    auth.clock.advance(WINDOW)
    await give(auth, PASSWORD)


@pytest.mark.parametrize("give", [sign_in, prove])
async def test_who_finds_no_room_is_locked_out_by_nothing_and_gets_no_failure_back(
    auth: Auth, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    await auth.signed_in()
    auth.clock.advance(timedelta(hours=1))
    refusal = CredentialsInvalid if give is sign_in else CurrentPasswordWrong
    await times(GUESS_LIMIT - 1, auth, give, "a wrong password", refusal)
    with monkeypatch.context() as full:
        full.setattr(auth.passwords, "matches", busy)
        await times(CHECK_LIMIT, auth, give, PASSWORD, PasswordChecksBusy)
    await times(1, auth, give, "a wrong password", refusal)
    await times(1, auth, give, PASSWORD, TooManyAttempts)
