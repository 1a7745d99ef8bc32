"""Bad input through the real gateway: one error shape, one remedy, and nothing of other people's shown."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from local_mesh.demo.student import Student

NOT_A_TOKEN = "eyJhbGciOiJub25lIn0.e30."


def error(response: httpx.Response) -> tuple[int, str]:
    """The status and reason of an answer that has the one shape; fails for any other."""
    body = response.json()
    assert set(body) == {"code", "message", "details"}, body
    assert isinstance(body["code"], int)
    assert "." in body["message"], body["message"]
    (info,) = [d for d in body["details"] if d["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"]
    assert info["domain"] == "littlemonster"
    return response.status_code, info["reason"]


@pytest.fixture
async def http(mesh):
    async with httpx.AsyncClient(base_url=mesh.gateway, timeout=20) as client:
        yield client


@pytest.fixture
async def ada(student) -> Student:
    return await student("Ada")


def bearer(person: Student) -> dict[str, str]:
    return {"authorization": f"Bearer {person.gateway.token}"}


async def test_what_the_gateway_refuses_has_the_one_shape(http, ada):
    known = bearer(ada)
    asked = {
        "invalid JSON": http.post("/v1/videos", content=b'{"topic": ', headers=known),
        "an array for an object": http.post("/v1/videos", content=b"[]", headers=known),
        "an unknown enum value": http.post(
            "/v1/videos", json={"topic": "x", "subject": "SUBJECT_MAGIC"}, headers=known
        ),
        "an unknown query parameter": http.get("/v1/videos?colour=red", headers=known),
        "an unknown enum value in the query": http.get("/v1/videos?subject=MAGIC", headers=known),
        "a text for a number": http.get("/v1/videos?pageSize=many", headers=known),
    }
    answers = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
    assert {what: error(answer) for what, answer in answers.items()} == dict.fromkeys(asked, (400, "MALFORMED_REQUEST"))


async def test_tokens_that_are_missing_or_wrong_are_refused(http):
    assert error(await http.get("/v1/users/me")) == (401, "TOKEN_MISSING")
    for token in (NOT_A_TOKEN, "x", "x" * 5000):
        answer = await http.get("/v1/users/me", headers={"authorization": f"Bearer {token}"})
        assert error(answer) == (401, "TOKEN_INVALID")


async def test_paths_verbs_and_bodies_beyond_the_contract_are_refused(http, ada):
    assert error(await http.get("/v1/nothing", headers=bearer(ada))) == (404, "PATH_NOT_FOUND")
    assert error(await http.delete("/v1/videos", headers=bearer(ada))) == (405, "METHOD_NOT_ALLOWED")
    large = {"topic": "x" * (1 << 20), "subject": "SUBJECT_MATH"}
    assert error(await http.post("/v1/videos", json=large, headers=bearer(ada))) == (413, "BODY_TOO_LARGE")


async def test_values_out_of_bounds_name_the_field_at_fault(http, ada):
    answer = await http.post("/v1/videos", json={"topic": "x" * 2000, "subject": "SUBJECT_MATH"}, headers=bearer(ada))
    assert error(answer)[0] == 400
    fields = [v["field"] for d in answer.json()["details"] for v in d.get("fieldViolations", [])]
    assert "topic" in fields
    assert error(await http.get("/v1/videos?sort=best", headers=bearer(ada)))[0] == 400
    assert error(await http.get("/v1/videos?pageToken=made-up", headers=bearer(ada))) == (400, "PAGE_TOKEN_INVALID")
    assert error(await http.get(f"/v1/videos/{uuid.uuid4()}", headers=bearer(ada))) == (404, "VIDEO_NOT_FOUND")


async def test_text_that_breaks_programs_is_refused_or_kept_as_it_is(http, ada):
    refused = await http.post("/v1/planner/events", json=event(title="a\x00b"), headers=bearer(ada))
    assert error(refused)[0] == 400
    for title in ("Ω≈ç√∫ 🧪 שלום", "'); drop table events; --", "${jndi:ldap://x}"):
        kept = await http.post("/v1/planner/events", json=event(title=title), headers=bearer(ada))
        assert kept.raise_for_status().json()["title"] == title


async def test_a_planner_is_closed_to_others(http, ada, student):
    ben = await student("Ben")
    planned = (await http.post("/v1/planner/events", json=event(), headers=bearer(ada))).json()
    path = f"/v1/planner/events/{planned['id']}"
    assert (await http.get(path, headers=bearer(ada))).status_code == 200
    for method, there in (("GET", path), ("DELETE", path), ("POST", f"{path}:complete")):
        assert error(await http.request(method, there, headers=bearer(ben)))[0] == 404, (method, there)
    assert (await http.get(path, headers=bearer(ada))).status_code == 200


async def test_a_video_in_the_making_is_its_makers_alone(http, ada, student):
    ben = await student("Ben")
    wish = {"topic": "Black Death", "subject": "SUBJECT_HISTORY", "difficulty": "DIFFICULTY_INTRO"}
    # One that waits behind another is in the making for long enough to look at.
    first, second = [(await http.post("/v1/videos", json=wish, headers=bearer(ada))).json() for _ in range(2)]
    path = f"/v1/videos/{second['id']}"
    assert error(await http.get(path, headers=bearer(ben))) == (404, "VIDEO_NOT_FOUND")
    assert error(await http.get(f"{path}:watch", headers=bearer(ben))) == (404, "VIDEO_NOT_FOUND")
    mine = (await http.get(path, headers=bearer(ada))).json()
    assert mine["status"] in ("VIDEO_STATUS_PENDING", "VIDEO_STATUS_PROCESSING")
    assert first["id"] != second["id"]


async def test_a_repeated_request_id_has_no_second_effect(http, ada):
    wish = event() | {"requestId": str(uuid.uuid4())}
    answers = await asyncio.gather(*(http.post("/v1/planner/events", json=wish, headers=bearer(ada)) for _ in range(8)))
    assert len({answer.raise_for_status().json()["id"] for answer in answers}) == 1


def event(title: str = "Review") -> dict[str, str]:
    start = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0, tzinfo=None)
    end = start + timedelta(hours=1)
    times = {"startTime": f"{start.isoformat()}Z", "endTime": f"{end.isoformat()}Z", "timeZone": "UTC"}
    return {"title": title, "subject": "SUBJECT_MATH", "type": "EVENT_TYPE_STUDY"} | times


async def test_who_tries_too_often_is_told_by_a_header_when_to_come_back(http):
    attempt = {"email": f"{uuid.uuid4()}@school.example", "password": "a wrong password"}
    for _ in range(10):
        assert error(await http.post("/v1/auth/login", json=attempt)) == (401, "CREDENTIALS_INVALID")
    refusal = await http.post("/v1/auth/login", json=attempt)
    assert error(refusal) == (429, "TOO_MANY_ATTEMPTS")
    assert 0 < int(refusal.headers["retry-after"]) <= 900
