"""What the tests of the whole mesh share: people with accounts, and one lesson that was really made."""

import asyncio
import fcntl
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from local_mesh.demo.journey import STEPS, Journey, Lesson
from local_mesh.demo.student import Student

MADE = "lesson.json"


@pytest.fixture
async def student(mesh) -> AsyncIterator[Callable[[str], Awaitable[Student]]]:
    """Makes a person who is registered, verified by mail and logged in."""
    async with AsyncExitStack() as stack:

        async def student(name: str) -> Student:
            person = Student(name, mesh.gateway, mesh.home / "mail")
            stack.push_async_callback(person.gateway.close)
            await person.register()
            await person.verify()
            await person.log_in()
            return person

        yield student


@pytest.fixture
async def lesson(mesh) -> dict[str, Any]:
    """A public video, and what its maker's journey said at every step; made once for all workers."""
    path = mesh.home / MADE
    with (mesh.home / f"{MADE}.lock").open("a") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        if not path.exists():
            path.write_text(json.dumps(await _made(mesh)))
    made: dict[str, Any] = json.loads(path.read_text())
    return made


async def _made(mesh: Any) -> dict[str, Any]:
    async with Journey(mesh.gateway, mesh.home / "mail", Lesson()) as journey:
        told = {step.title: await step.take(journey) for step in STEPS}
        return {"video": journey.video, "told": told}
