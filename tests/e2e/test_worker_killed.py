"""The content worker is killed with -9 at each stage: the lesson is made all the same, and nobody asks again."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from local_mesh.home import Home
from local_mesh.mesh import STATUS

SECONDS = 200


@pytest.mark.parametrize("stage", ["voice", "slides", "render"])
async def test_a_worker_killed_at_a_stage_is_followed_by_one_that_finishes_the_lesson(mesh, student, stage) -> None:
    ada = await student("Ada")
    wish = {"topic": "Pythagorean theorem", "subject": "SUBJECT_MATH", "difficulty": "DIFFICULTY_INTRO"}
    video = await ada.gateway.call("POST", "/v1/videos", wish)
    seen = []
    async with asyncio.timeout(SECONDS), ada.gateway.events(f"/v1/videos/{video['id']}:watch") as changes:
        async for progress in changes:
            if progress["stage"] == stage and stage not in seen:
                os.kill(_worker(mesh.home), signal.SIGKILL)
            seen.append(progress["stage"])
    assert stage in seen
    assert (seen[-1], progress["status"]) == ("done", "VIDEO_STATUS_PUBLIC")
    made = await ada.gateway.call("GET", f"/v1/videos/{video['id']}")
    assert (await ada.gateway.download(made["videoUrl"])).content[4:8] == b"ftyp"


def _worker(home: Path) -> int:
    return int(Home(home).published(STATUS)["content-worker"]["pid"])
