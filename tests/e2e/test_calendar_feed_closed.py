"""A calendar feed outlives sessions, not trust: through the real gateway, from auth's decision to the planner's answer."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from local_mesh.demo.student import Student

SECONDS = 60


async def change_password(ada: Student) -> None:
    passwords = {"currentPassword": ada._password, "newPassword": "seven lamps in a harbour"}
    await ada.gateway.call("POST", "/v1/auth/password/change", passwords)


async def ask_to_be_erased(ada: Student) -> None:
    await ada.gateway.call("DELETE", "/v1/users/me")


@pytest.mark.parametrize("act", [change_password, ask_to_be_erased])
async def test_who_knows_the_address_reads_no_more_once_its_owner_cuts_everybody_off(
    student: Callable[[str], Awaitable[Student]], act: Callable[[Student], Awaitable[None]]
) -> None:
    ada = await student("Ada")
    url = (await ada.gateway.call("POST", "/v1/planner/feed", {}))["url"]
    async with httpx.AsyncClient() as thief, asyncio.timeout(SECONDS):
        assert (await thief.get(url)).status_code == 200
        await act(ada)
        while (answer := await thief.get(url)).status_code == 200:
            pass
    assert (answer.status_code, answer.json()["details"][0]["reason"]) == (404, "FEED_NOT_FOUND")
