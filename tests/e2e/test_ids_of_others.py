"""Every call that names something by its id, made by somebody else with the id of what is Ada's: not found, or not theirs."""

import asyncio
import re
import uuid
from contextlib import aclosing
from typing import Any

import httpx
import pytest
from e2e.test_admin_command import PASSWORD, lm_admin
from e2e.test_bad_input import bearer, error, event
from e2e.test_hostile_strings import calls, whole

from gateway.contracts import Rpc
from littlemonster.common.v1 import access_pb2
from local_mesh.demo.client import eventually

WITH_ID = [(rpc, kind) for rpc, kind in calls() if "{" in rpc.path]
# Anybody may ask these about what is not theirs: what they answer is meant for all, or holds nothing.
FOR_ALL = {
    "GetUser": "a public profile, without the address",
    "ListComments": "none of a video that is not public",
    "GetRatingStats": "of a video that is not public: that nobody has rated it",
}
STAFF = (access_pb2.ACCESS_MODERATOR, access_pb2.ACCESS_ADMIN)
BODIES = {"UpdateEvent": {"title": "Mine now", "updateMask": "title"}}
TEXT = "Why do the squares fit?"
SECONDS = 150


@pytest.fixture
async def http(mesh):
    async with httpx.AsyncClient(base_url=mesh.gateway, timeout=30) as client:
        yield client


async def head(mesh, http, name: str) -> dict[str, str]:
    """Call headers of a new admin."""
    address = f"{name}-{uuid.uuid4()}@school.example"
    code, said = await lm_admin(mesh.home, "create", address)
    assert code == 0, said
    tokens = (await http.post("/v1/auth/login", json={"email": address, "password": PASSWORD})).json()
    return {"authorization": f"Bearer {tokens['accessToken']}"}


@pytest.fixture
async def belongings(mesh, http, student, lesson) -> tuple[dict[str, str], dict[str, str]]:
    """Ada's call headers, and an id of hers for each variable of a path: nothing of it is for others."""
    ada, admin = await student("Ada"), await head(mesh, http, "head")
    mine = bearer(ada)

    async def made(path: str, body: dict[str, Any], headers: dict[str, str] = mine) -> dict[str, Any]:
        return (await http.post(path, json=body, headers=headers)).raise_for_status().json()

    comment = await made(f"/v1/videos/{lesson['video']['id']}/comments", {"text": TEXT})
    decision = {"action": "MODERATION_ACTION_REJECT", "reason": "off topic"}
    await made(f"/v1/comments/{comment['id']}:moderate", decision, admin)
    wish = {"topic": "Black Death", "subject": "SUBJECT_HISTORY", "difficulty": "DIFFICULTY_INTRO"}
    video = await made("/v1/videos", wish)

    async def over() -> bool:
        return (await http.get(f"/v1/videos/{video['id']}", headers=mine)).json()["status"] == "VIDEO_STATUS_PUBLIC"

    assert await eventually(over, SECONDS)
    await made(f"/v1/videos/{video['id']}:setStatus", {"status": "VIDEO_STATUS_REJECTED", "reason": "x"}, admin)

    async def community_knows() -> bool:
        return (await http.put(f"/v1/videos/{video['id']}/rating", json={"stars": 1}, headers=mine)).status_code == 404

    assert await eventually(community_knows, SECONDS)
    (session,) = (await http.get("/v1/auth/sessions", headers=mine)).json()["sessions"]
    return mine, {
        "userId": (await http.get("/v1/users/me", headers=mine)).json()["id"],
        "sessionId": session["id"],
        "exportId": (await made("/v1/users/me:export", {}))["id"],
        "videoId": video["id"],
        "commentId": comment["id"],
        "appealId": (await made(f"/v1/comments/{comment['id']}:appeal", {"statement": "It was on topic."}))["id"],
        "itemId": str(uuid.uuid4()),
        "eventId": (await made("/v1/planner/events", event()))["id"],
        "model": "little-monster-nano",
    }


def asked(http: httpx.AsyncClient, rpc: Rpc, kind: Any, ids: dict[str, str], headers: dict[str, str]) -> httpx.Request:
    body, path = dict(BODIES.get(rpc.name) or whole(kind)), rpc.json_path
    for name, value in ids.items():
        if f"{{{name}}}" in path:
            path = path.replace(f"{{{name}}}", value)
            body.pop(name, None)
    return http.build_request(rpc.verb, path, json=body if rpc.has_body else None, headers=headers)


async def answered(http, request: httpx.Request) -> tuple[int, str]:
    """The status, and the reason of a refusal or what is told; of a stream that opens nothing is read."""
    async with aclosing(await http.send(request, stream=True)) as answer:
        if answer.headers["content-type"].startswith("text/event-stream"):
            return answer.status_code, ""
        await answer.aread()
        return error(answer) if answer.is_error else (answer.status_code, answer.text)


async def seen_by(http, headers, ids) -> list[Any]:
    """What of it its owner sees."""
    paths = (
        *(
            f"/v1/videos/{ids['videoId']}",
            f"/v1/comments/{ids['commentId']}",
            f"/v1/comments/{ids['commentId']}/appeal",
        ),
        *(f"/v1/planner/events/{ids['eventId']}", "/v1/auth/sessions", "/v1/users/me"),
    )
    answers = await asyncio.gather(*(http.get(path, headers=headers) for path in paths))
    assert {answer.status_code for answer in answers} == {200}
    return [answer.json() for answer in answers]


async def test_nobody_reaches_by_its_id_what_is_somebody_elses(http, student, belongings) -> None:
    owner, ids = belongings
    before = await seen_by(http, owner, ids)
    ben = bearer(await student("Ben"))
    met = {rpc.name: await answered(http, asked(http, rpc, kind, ids, ben)) for rpc, kind in WITH_ID}
    for told in met.values():
        assert before[-1]["email"] not in told[1]
        assert TEXT not in told[1]
    expected = {rpc.name: 403 if rpc.access in STAFF else 404 for rpc, _ in WITH_ID} | {"DownloadExport": 400}
    assert {name: told for name, told in met.items() if name not in FOR_ALL and told[0] != expected[name]} == {}
    assert len(WITH_ID) > 35
    assert await seen_by(http, owner, ids) == before


async def test_without_a_token_nothing_is_reached_by_its_id(http) -> None:
    names = {name for rpc, _ in WITH_ID for name in re.findall(r"{(\w+)}", rpc.json_path)}
    ids = {name: str(uuid.uuid4()) for name in names}
    for rpc, kind in WITH_ID:
        if not rpc.is_public:
            assert await answered(http, asked(http, rpc, kind, ids, {})) == (401, "TOKEN_MISSING"), rpc.name


async def test_what_others_see_of_ada_s_they_cannot_change(http, student, lesson) -> None:
    """A comment that everybody reads, on a video that everybody watches."""
    ada, ben = bearer(await student("Ada")), bearer(await student("Ben"))
    video = lesson["video"]["id"]
    text = {"text": "Now I see why the squares fit."}
    comment = (await http.post(f"/v1/videos/{video}/comments", json=text, headers=ada)).json()["id"]
    ids = {"videoId": video, "commentId": comment}
    owned = {
        *("UpdateComment", "DeleteComment", "ListCommentRevisions", "AppealComment"),
        *("DeleteVideo", "CancelVideo", "RetryVideo"),
    }
    tried = [(rpc, kind) for rpc, kind in WITH_ID if rpc.name in owned]
    assert len(tried) == len(owned)
    for rpc, kind in tried:
        assert error(await http.send(asked(http, rpc, kind, ids, ben)))[0] in (403, 404), rpc.name
    assert (await http.get(f"/v1/comments/{comment}", headers=ben)).json()["text"] == text["text"]
