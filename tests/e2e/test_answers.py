"""Answers of the real gateway are what the OpenAPI document says, with every field that it says is there."""

import asyncio
import re
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from gateway.openapi import document

DOCUMENT = document()
EVENT = {
    "title": "Revise fractions",
    "startTime": "2030-09-02T16:00:00Z",
    "timeZone": "Europe/Berlin",
    "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"],
    "reminders": [{"minutesBefore": 0}, {"time": "2030-09-01T16:00:00Z"}],
}
PERIOD = "startTime=2030-09-01T00:00:00Z&endTime=2030-10-01T00:00:00Z"


def schema_of(verb: str, path: str) -> dict[str, Any]:
    """What the document says is answered to the call; its references lead into the document."""
    called = path.partition("?")[0]
    for pattern, operations in DOCUMENT["paths"].items():
        if verb in operations and re.fullmatch(re.sub(r"\{\w+\}", r"[^/:]+", pattern), called):
            schema: dict[str, Any] = operations[verb]["responses"]["200"]["content"]["application/json"]["schema"]
            return schema | {"components": DOCUMENT["components"]}
    raise AssertionError(f"The document has no {verb} {called}")


@pytest.fixture
async def call(mesh, student):
    """Calls as somebody who may; an answer that the document does not describe fails the test."""
    ada = await student("Ada")
    async with httpx.AsyncClient(base_url=mesh.gateway, timeout=20) as http:

        async def call(verb: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
            known = {"authorization": f"Bearer {ada.gateway.token}"}
            answer = await http.request(verb, path, json=body, headers=known)
            assert answer.status_code == 200, answer.text
            told: dict[str, Any] = answer.json()
            problems = [each.message for each in Draft202012Validator(schema_of(verb.lower(), path)).iter_errors(told)]
            assert problems == [], f"{verb} {path}"
            return told

        yield call


async def test_lessons_ratings_and_comments_are_answered_as_documented(call, lesson):
    video = f"/v1/videos/{lesson['video']['id']}"
    made = await call("POST", f"{video}/comments", {"text": "Now I see why the squares fit."})
    await call("POST", f"{video}/comments", {"text": "And it holds in space, too.", "parentId": made["id"]})
    await call("PATCH", f"/v1/comments/{made['id']}", {"text": "Now I see why the squares must fit."})
    await call("PUT", f"{video}/rating", {"stars": 5})
    reads = (
        *(
            video,
            f"{video}/rating",
            f"{video}/rating/stats",
            f"{video}/comments",
            "/v1/videos",
            "/v1/videos?pageSize=1",
        ),
        *(f"/v1/comments/{made['id']}{part}" for part in ("", "/replies", "/revisions")),
        "/v1/videos:search?query=theorem",
        "/v1/users/me/standing",
    )
    await asyncio.gather(*(call("GET", path) for path in reads))
    await call("DELETE", f"/v1/comments/{made['id']}")
    await call("GET", f"{video}/comments")


async def test_the_planner_is_answered_as_documented(call):
    event = await call("POST", "/v1/planner/events", EVENT)
    path = f"/v1/planner/events/{event['id']}"
    await call("POST", f"{path}:complete", {"completed": True, "occurrenceStart": event["occurrenceStart"]})
    await call("PATCH", path, {"title": "Revise", "scope": "THIS", "occurrenceStart": event["occurrenceStart"]})
    first = await call("GET", "/v1/planner/events:sync")
    await call("DELETE", path)
    reads = (
        f"/v1/planner/events?{PERIOD}",
        f"/v1/planner/progress?{PERIOD}",
        f"/v1/planner/events:sync?syncToken={first['nextSyncToken']}",
    )
    await asyncio.gather(*(call("GET", path) for path in reads))
    await call("POST", "/v1/planner/calendar:import", {"ics": "BEGIN:VCALENDAR\nEND:VCALENDAR\n"})
    await call("POST", "/v1/planner/feed", {})
    await call("DELETE", "/v1/planner/feed")


async def test_accounts_are_answered_as_documented(call):
    me = await call("PATCH", "/v1/users/me", {"subjects": ["SUBJECT_MATH"]})
    export = await call("POST", "/v1/users/me:export", {})
    reads = ("", "/preferences", "/stats", f"/exports/{export['id']}")
    await asyncio.gather(*(call("GET", f"/v1/users/me{part}") for part in reads))
    for path in (
        f"/v1/users/{me['id']}",
        "/v1/auth/sessions",
        "/v1/system/health",
        "/.well-known/jwks.json",
        "/healthz",
    ):
        await call("GET", path)
    await call("POST", "/v1/auth/mfa/totp", {})
