"""Live comments as Server-Sent Events through the gateway: many streams, and one that goes on where it ended."""

from collections.abc import AsyncIterator
from typing import Any

import httpx

from local_mesh.demo.student import Student
from tests.performance.live import Plan, measure


async def test_every_stream_hears_every_comment_once(student, lesson):
    writers = [await student("Ada"), await student("Ben")]
    plan = Plan(streams=20, comments=6, interval=0.05, warm_up=1)
    found = await measure(writers[0].gateway.url, f"/v1/videos/{lesson['video']['id']}/comments", writers, plan)
    assert (found.delivered, found.lost, found.repeated) == (100, 0, 0)


async def _next_of(comments: list[dict[str, Any]], changes: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    """The next change of one of the comments: other tests talk about the same lesson."""
    ids = {comment["id"] for comment in comments}
    async for change in changes:
        if change.get("comment", {}).get("id") in ids:  # a sign of life has none
            return change
    raise AssertionError("the stream ended")


async def test_a_stream_goes_on_after_the_last_event_it_had(student, lesson):
    ada: Student = await student("Ada")
    path = f"/v1/videos/{lesson['video']['id']}/comments"
    async with ada.gateway.events(f"{path}:watch") as changes:
        stands = await anext(changes)
    assert (stands["type"], stands["eventId"].isdigit()) == ("TYPE_UNSPECIFIED", True)
    made = [await ada.gateway.call("POST", path, {"text": f"While I was away, {word}"}) for word in ("first", "then")]
    async with ada.gateway.events(f"{path}:watch?lastEventId={stands['eventId']}") as changes:
        missed = [await _next_of(made, changes) for _ in made]
    assert [(each["type"], each["comment"]["text"]) for each in missed] == [
        ("TYPE_CREATED", comment["text"]) for comment in made
    ]
    async with httpx.AsyncClient(base_url=ada.gateway.url) as client:
        token = {"authorization": f"Bearer {ada.gateway.token}"}
        refused = await client.get(f"{path}:watch?lastEventId=yesterday", headers=token)
    assert refused.status_code == 400
