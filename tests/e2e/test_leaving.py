"""Somebody does things in every service, sees them counted, takes them along, and leaves: nothing of theirs is left anywhere."""

import io
import json
import secrets
import zipfile
from typing import Any

import httpx
import psycopg
import pytest
from personal_traces import rows_about, tables_about

from local_mesh.demo.client import Refused, eventually
from local_mesh.demo.student import Student
from local_mesh.home import Home
from local_mesh.servers.databases import in_database

_SECONDS = 60
# What docs/decisions/0013 lets stay of an erased account: an id that leads to nobody.
LEFT = {
    "auth": {"erasures", "erasure_receipts", "audit_events"},
    "content": {"erased_users"},
    "community": {"erased_users"},
    "planner": {"erased_users"},
}


@pytest.fixture
def superuser(mesh) -> str:
    return (Home(mesh.home).run / "postgres.url").read_text().strip()


async def test_a_life_is_counted_taken_along_and_erased(mesh, lesson, student, superuser) -> None:
    ada, ben = await student("Ada"), await student("Ben")
    words = {"ada": f"Ada says {secrets.token_hex(8)}", "ben": f"Ben says {secrets.token_hex(8)}"}
    ids = {"ada": await ada.log_in(), "ben": await ben.log_in()}
    video = await lived(ada, ben, lesson["video"]["id"], words)
    await counted(ada)
    await taken_along(mesh, ada, ids, words)
    await thought_better(ada, mesh)
    await erased(ada, ids["ada"], superuser)
    for service, allowed in LEFT.items():
        assert set(tables_about(superuser, service, ids["ada"])) <= allowed
        for needle in (ada.email, words["ada"]):
            assert rows_about(superuser, service, needle) == []
    with pytest.raises(Refused) as gone:
        await ada.log_in()
    assert gone.value.status == 401
    assert (await ben.gateway.call("GET", f"/v1/videos/{video}"))["createdBy"] == "00000000-0000-0000-0000-000000000000"
    comments = (await ben.gateway.call("GET", f"/v1/videos/{video}/comments"))["comments"]
    assert [comment["text"] for comment in comments] == [words["ben"]]


async def lived(ada: Student, ben: Student, others: str, words: dict[str, str]) -> str:
    """Ada has a lesson made, which Ben watches, rates and discusses; she rates and discusses another, plans, and does it."""
    wish = {"topic": "Pythagorean theorem", "subject": "SUBJECT_MATH", "difficulty": "DIFFICULTY_INTRO"}
    video = str((await ada.gateway.call("POST", "/v1/videos", wish))["id"])

    async def public() -> bool:
        return (await ada.gateway.call("GET", f"/v1/videos/{video}"))["status"] == "VIDEO_STATUS_PUBLIC"

    assert await eventually(public, 3 * _SECONDS)
    for person, about, text in ((ben, video, words["ben"]), (ada, others, words["ada"])):
        await person.gateway.call("PUT", f"/v1/videos/{about}/rating", {"stars": 4})
        await person.gateway.call("POST", f"/v1/videos/{about}/comments", {"text": text})
    await ben.gateway.call("POST", f"/v1/videos/{video}:view", {})
    plan = {
        "title": words["ada"],
        "type": "EVENT_TYPE_STUDY",
        "startTime": "2026-03-02T16:00:00Z",
        "endTime": "2026-03-02T17:00:00Z",
        "timeZone": "Europe/Berlin",
    }
    event = await ada.gateway.call("POST", "/v1/planner/events", plan)
    await ada.gateway.call("POST", f"/v1/planner/events/{event['id']}:complete", {"completed": True})
    await ada.gateway.call("PATCH", "/v1/users/me/preferences", {"timeZone": "Europe/Berlin"})
    return video


async def counted(ada: Student) -> None:
    expected = {
        "videoCount": 1,
        "viewCount": 1,
        "commentCount": 1,
        "ratingCount": 1,
        "completedEventCount": 1,
        "streakDays": 1,
    }

    async def told() -> bool:
        return await ada.gateway.call("GET", "/v1/users/me/stats") == expected

    assert await eventually(told, _SECONDS), await ada.gateway.call("GET", "/v1/users/me/stats")


async def taken_along(mesh: Any, ada: Student, ids: dict[str, str], words: dict[str, str]) -> None:
    export = await ada.gateway.call("POST", "/v1/users/me:export", {})

    async def ready() -> dict[str, Any] | None:
        found = await ada.gateway.call("GET", f"/v1/users/me/exports/{export['id']}")
        return None if found["state"] == "STATE_GATHERING" else found

    found = await eventually(ready, _SECONDS)
    assert found
    assert found["state"] == "STATE_READY"
    async with httpx.AsyncClient(base_url=mesh.gateway, timeout=60) as nobody:
        answer = await nobody.get(found["url"])
        forged = await nobody.get(found["url"][:-1] + ("0" if found["url"][-1] != "0" else "1"))
        missing = await nobody.get(found["url"].partition("?")[0])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert 'filename="little-monster.zip"' in answer.headers["content-disposition"]
    assert (forged.status_code, forged.json()["details"][0]["reason"]) == (404, "EXPORT_LINK_INVALID")
    assert missing.status_code == 400
    assert len(answer.content) == found["sizeBytes"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        texts = {name.rpartition("/")[2]: archive.read(name).decode() for name in archive.namelist()}
    held = {name: json.loads(text) for name, text in texts.items() if name.endswith(".json")}
    assert held["auth.json"]["users"][0]["email"] == ada.email
    assert held["auth.json"]["preferences"][0]["time_zone"] == "Europe/Berlin"
    assert held["content.json"]["videos"][0]["created_by"] == ids["ada"]
    assert held["community.json"]["comments"][0]["text"] == words["ada"]
    assert held["community.json"]["ratings"][0]["stars"] == 4
    assert held["planner.json"]["events"][0]["title"] == words["ada"]
    assert held["inference.json"] == {}
    for text in texts.values():
        assert ids["ben"] not in text
        assert words["ben"] not in text


async def thought_better(ada: Student, mesh: Any) -> None:
    """Asks to leave, is signed out everywhere, and cancels it by signing in."""
    await ada.gateway.call("DELETE", "/v1/users/me")

    async def signed_out() -> bool:
        try:
            await ada.gateway.call("GET", "/v1/videos")
        except Refused as refused:
            return refused.status == 401
        return False

    assert await eventually(signed_out, _SECONDS)
    ada.gateway.token = ""
    await ada.log_in()

    async def told() -> bool:
        letters = [path.read_text() for path in (mesh.home / "mail").glob("*.eml")]
        mine = [letter for letter in letters if ada.email in letter]
        subjects = ("Your account will be erased", "Your account stays")
        return all(any(f"Subject: {subject}" in letter for letter in mine) for subject in subjects)

    assert await eventually(told, _SECONDS)


async def erased(ada: Student, user_id: str, superuser: str) -> None:
    """Asks again, and a day goes by."""
    await ada.gateway.call("DELETE", "/v1/users/me")
    with psycopg.connect(in_database(superuser, "auth"), autocommit=True) as connection:
        day = "UPDATE erasures SET request_time = request_time - interval '1 day' WHERE user_id = %s"
        assert connection.execute(day, (user_id,)).rowcount == 1

        async def finished() -> bool:
            query = "SELECT finish_time IS NOT NULL FROM erasures WHERE user_id = %s"
            waiting = "SELECT count(*) FROM mails WHERE recipient = %s"
            done = connection.execute(query, (user_id,)).fetchone() == (True,)
            return done and connection.execute(waiting, (ada.email,)).fetchone() == (0,)

        assert await eventually(finished, _SECONDS)
