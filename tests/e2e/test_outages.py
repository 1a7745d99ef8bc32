"""A mesh that is killed, in part or at once: callers hear it in the one shape, and nothing that was saved is lost."""

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager

import httpx
import pytest

from local_mesh.demo.client import Gateway, eventually
from local_mesh.demo.student import Student

pytestmark = pytest.mark.timeout(600)  # meshes start one after the other
READY_SECONDS = 150
RECOVERY_SECONDS = 60


@asynccontextmanager
async def up(home):
    """`lm up` in a process of its own; yields the gateway's URL and stops it as Ctrl-C does."""
    environment = os.environ | {"LM_HOME": str(home), "LM_GATEWAY_PORT": "0", "LM_GATEWAY_RATE": "2000"}
    pipe, none = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    command = (sys.executable, "-m", "local_mesh.cli", "up")
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=pipe, stderr=none)
    try:
        async with asyncio.timeout(READY_SECONDS):
            line = (await process.stdout.readline()).decode()
        yield line.removeprefix("gateway: ").strip()
    finally:
        process.send_signal(signal.SIGINT)
        await process.communicate()
    assert process.returncode == 0


async def test_a_killed_service_answers_503_until_it_is_back_and_a_restart_keeps_the_data(tmp_path):
    home = tmp_path / "home"
    async with up(home) as gateway:
        ada = Student("Ada", gateway, home / "mail")
        await ada.register()
        await ada.verify()
        user = await ada.log_in()
        answers = await _while_content_is_killed(gateway, ada.gateway.token, home)
        await ada.gateway.close()
        assert {answer.status_code for answer in answers} <= {200, 503}
        assert 503 in {answer.status_code for answer in answers}
        for refused in (answer for answer in answers if answer.status_code == 503):
            body = refused.json()
            assert body["code"] == 14
            assert [d["reason"] for d in body["details"] if "reason" in d] == ["SERVICE_UNAVAILABLE"]
    async with up(home) as gateway:
        ada.gateway = Gateway(gateway)
        assert await ada.log_in() == user
        await ada.gateway.close()


async def _while_content_is_killed(url, token, home):
    """The answers to reads that never pause, from the kill until the service answers again."""
    answers = []
    async with httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=20) as client:

        async def read():
            answers.append(await client.get("/v1/videos"))
            return answers[-1].status_code == 200

        async def read_often():
            while True:
                await read()

        readers = [asyncio.create_task(read_often()) for _ in range(4)]
        assert await eventually(read, RECOVERY_SECONDS)
        os.kill(_pid("content", home), signal.SIGKILL)

        async def refused():
            return any(answer.status_code == 503 for answer in answers)

        async def restarted():
            return _status("content", home)["restarts"] == 1 and await read()

        assert await eventually(refused, RECOVERY_SECONDS)
        assert await eventually(restarted, RECOVERY_SECONDS)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    return answers


def _status(name, home):
    return json.loads((home / "run" / "status.json").read_text())[name]


def _pid(name, home):
    return _status(name, home)["pid"]
