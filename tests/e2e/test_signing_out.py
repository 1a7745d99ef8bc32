"""Signing out through the gateway ends the session in every service, although tokens carry their own proof."""

import asyncio
import time

import httpx

PATIENCE_SECONDS = 60
PATHS = ("/v1/users/me", "/v1/videos", "/v1/planner/events")


async def asked_until_refused(http, path, headers):
    """The refusal, and the seconds until it came."""
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (answer := await http.get(path, headers=headers)).is_success:
            pass
    return answer, time.monotonic() - began


async def test_after_signing_out_no_service_takes_the_token(mesh, student, record_property):
    ada, bob = await student("Ada"), await student("Bob")
    headers = {"authorization": f"Bearer {ada.gateway.token}"}
    async with httpx.AsyncClient(base_url=mesh.gateway) as http:
        for path in PATHS:
            assert (await http.get(path, headers=headers)).is_success
        await ada.gateway.call("POST", "/v1/auth/logout", {})
        answers = await asyncio.gather(*(asked_until_refused(http, path, headers) for path in PATHS))
    record_property("seconds_until_refused", max(seconds for _, seconds in answers))
    for answer, _ in answers:
        assert answer.status_code == 401
        assert answer.json()["details"][0]["reason"] == "SESSION_REVOKED"
    for path in PATHS:
        await bob.gateway.call("GET", path)
