"""The operators' command that makes an admin."""

import io

import pytest
from integration.auth.conftest import Running, bearer
from integration.auth.test_second_factors import enrol

from auth_service.commands import admin
from littlemonster.auth.v1 import user_service_pb2 as pb2

NEW = "seven lamps in a harbour"


async def create(running: Running, *arguments: str) -> int:
    return await admin.run(running.urls.app, admin.parse(["create", *arguments], "lm admin"))


async def test_the_admin_signs_in_and_sees_all_accounts(
    running: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{NEW}\n"))
    assert await create(running, running.email, "--name", "Head") == 0
    said = capsys.readouterr()
    assert running.email in said.out
    assert NEW not in said.out + said.err
    tokens = await running.log_in(password=NEW)
    found = await running.users.ListUsers(pb2.ListUsersRequest(), metadata=bearer(tokens))
    assert [(user.display_name, user.role) for user in found.users] == [("Head", pb2.ROLE_ADMIN)]


@pytest.mark.parametrize(
    ("email", "password", "why"),
    [
        ("ada@example.org", "short", "10 to 128"),
        ("ada@example.org", "littlemonster", "easy to guess"),
        ("ada", NEW, "e-mail"),
        ("ada", "", "e-mail"),
    ],
)
async def test_what_is_refused_says_why_and_makes_nothing(
    running: Running,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    email: str,
    password: str,
    why: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(password))
    assert await create(running, email) == 1
    assert why in capsys.readouterr().err


async def test_an_app_that_was_lost_is_removed_by_the_operator(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    await enrol(running)
    remove = admin.parse(["remove-totp", running.email], "lm admin")
    assert await admin.run(running.urls.app, remove) == 0
    assert (await running.log_in()).access_token
    assert await admin.run(running.urls.app, remove) == 1
    assert "one-time-code app" in capsys.readouterr().err


async def test_an_address_without_an_account_is_told_to_be_checked(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    remove = admin.parse(["remove-totp", "nobody@example.org"], "lm admin")
    assert await admin.run(running.urls.app, remove) == 1
    assert "no account nobody@example.org. Check the address" in capsys.readouterr().err
