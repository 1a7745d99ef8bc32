"""Whatever text arrives, the answer is clear and nothing breaks."""

import pytest
from integration.auth.conftest import PASSWORD, Running, bearer

from auth_service.errors import CredentialsInvalid, RefreshTokenInvalid, VerificationTokenInvalid
from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from littlemonster.auth.v1 import user_service_pb2 as user_pb2
from servicekit.errors import InvalidArgument

HOSTILE = {
    "nul": "a\x00b@example.org",
    "control": "a\x07\x1b[31mb@example.org",
    "header": "a@example.org\r\nBcc: all@example.org",
    "turned round": "\u202egro.elpmaxe@ada",
    "emoji": "👩🏽‍🚀🔑",
    "megabyte": "x" * 1_000_000,
    "sql": "' OR 1=1; DROP TABLE users; --",
}
every_hostile_text = pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())


@every_hostile_text
async def test_a_hostile_address_is_an_invalid_argument_everywhere(running: Running, hostile: str) -> None:
    calls = (
        running.auth.Register(auth_pb2.RegisterRequest(email=hostile, password=PASSWORD, display_name="Ada")),
        running.auth.ResendVerification(auth_pb2.ResendVerificationRequest(email=hostile)),
        running.auth.Login(auth_pb2.LoginRequest(email=hostile, password=PASSWORD)),
    )
    for call in calls:
        with pytest.raises(InvalidArgument) as refusal:
            await call
        assert list(refusal.value.fields) == ["email"]


@pytest.mark.parametrize("name", ["a\x00b", "a\nb", "\u202eadA", "\u2028", " ", "", "x" * 65, "x" * 1_000_000])
async def test_a_hostile_name_is_an_invalid_argument(running: Running, name: str) -> None:
    request = auth_pb2.RegisterRequest(email=running.email, password=PASSWORD, display_name=name)
    with pytest.raises(InvalidArgument) as refusal:
        await running.auth.Register(request)
    assert list(refusal.value.fields) == ["displayName"]


@pytest.mark.parametrize("name", ["עדה לאבלייס", "👩🏽‍🚀", "Ñandú O'Hara-Łuczak", "𒀀" * 64, "<b>Ada</b> {{ 7*7 }}"])
async def test_names_of_all_scripts_come_back_as_they_were(running: Running, name: str) -> None:
    request = auth_pb2.RegisterRequest(email=running.email, password=PASSWORD, display_name=name)
    await running.auth.Register(request)
    await running.auth.VerifyEmail(auth_pb2.VerifyEmailRequest(token=await running.mailed_token()))
    me = await running.users.GetMe(user_pb2.GetMeRequest(), metadata=bearer(await running.log_in()))
    assert me.display_name == name


HOSTILE_PASSWORDS = [
    "with\x00nul and more",
    "\u202eturned\u202e about",
    "пароль-密码-🔑🔑",
    ("seven lamps " * 11)[:128],
    "  spaces around them  ",
]


@pytest.mark.parametrize("password", HOSTILE_PASSWORDS)
async def test_a_password_may_be_any_text(running: Running, password: str) -> None:
    await running.register(password=password)
    await running.auth.VerifyEmail(auth_pb2.VerifyEmailRequest(token=await running.mailed_token()))
    assert (await running.log_in(password=password)).access_token
    with pytest.raises(CredentialsInvalid):
        await running.log_in(password=password[:-1])


@pytest.mark.parametrize("password", ["", "short", "p" * 129, "p" * 1_000_000])
async def test_a_password_out_of_bounds_is_an_invalid_argument(running: Running, password: str) -> None:
    request = auth_pb2.RegisterRequest(email=running.email, password=password, display_name="Ada")
    with pytest.raises(InvalidArgument) as refusal:
        await running.auth.Register(request)
    assert list(refusal.value.fields) == ["password"]


@every_hostile_text
async def test_a_hostile_token_is_refused_clearly(running: Running, hostile: str) -> None:
    padded = hostile.ljust(16, "!")
    with pytest.raises((InvalidArgument, VerificationTokenInvalid)):
        await running.auth.VerifyEmail(auth_pb2.VerifyEmailRequest(token=padded))
    with pytest.raises((InvalidArgument, RefreshTokenInvalid)):
        await running.refresh(padded)


async def test_a_hostile_client_description_is_made_harmless(running: Running) -> None:
    await running.verified()
    request = auth_pb2.LoginRequest(email=running.email, password=PASSWORD)
    metadata = (("user-agent", "x" * 4000), ("x-forwarded-for", "not an address"), ("x-forwarded-for", "'--"))
    assert (await running.auth.Login(request, metadata=metadata)).access_token


@pytest.mark.parametrize("request_id", ["no uuid", "\x00", "x" * 1_000_000])
async def test_a_request_id_that_is_no_uuid_is_an_invalid_argument(running: Running, request_id: str) -> None:
    request = auth_pb2.RegisterRequest(
        email=running.email, password=PASSWORD, display_name="Ada", request_id=request_id
    )
    with pytest.raises(InvalidArgument) as refusal:
        await running.auth.Register(request)
    assert list(refusal.value.fields) == ["requestId"]
