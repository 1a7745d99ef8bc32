"""The demo shows every step it took, and says which one failed, why, and which log to read."""

import asyncio
import io
import os
import re
import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress

from local_mesh.demo import media
from local_mesh.demo.command import walk as take_every_step
from local_mesh.demo.journey import STEPS, Journey, Lesson

DEMO_SECONDS = 280


@pytest.fixture
def walk(tmp_path):
    """Walks the journey on a gateway; what it printed, and whether all steps happened."""

    async def walk(gateway_url):
        console = Console(file=io.StringIO(), width=200)
        with Progress(console=console) as progress:
            async with Journey(gateway_url, tmp_path / "mail", Lesson()) as journey:
                happened = await take_every_step(journey, progress, tmp_path / "logs")
        return console.file.getvalue(), happened

    return walk


async def test_a_gateway_that_does_not_answer_fails_the_first_step_and_names_its_log(walk, tmp_path, closed_port):
    said, happened = await walk(f"http://127.0.0.1:{closed_port}")
    assert not happened
    assert "✗ Register: All connection attempts failed" in said
    assert f"Read {tmp_path / 'logs' / 'auth.log'} for its own words." in said


@pytest.mark.parametrize(("status", "log_helps"), [(503, True), (400, False)])
async def test_a_gateway_that_refuses_is_quoted_and_the_log_is_named_where_it_says_more(walk, status, log_helps):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"code": 14, "message": "Auth is resting. Try again in a minute.", "details": []}'
        writer.write(
            b"HTTP/1.1 %d Refused\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body)) + body
        )
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        said, happened = await walk(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert not happened
    assert f"POST /v1/auth/register answered {status}: Auth is resting. Try again in a minute." in said
    assert ("auth.log" in said) == log_helps


def film_seconds(path):
    return media.film_seconds(path.read_bytes())


async def test_every_step_really_happens_on_a_mesh_of_its_own(tmp_path):
    environment = os.environ | {
        "LM_HOME": str(tmp_path / "home"),
        "LM_GATEWAY_PORT": "0",
        "TOPIC": "Pythagorean theorem",
    }
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local_mesh.cli", "demo"), env=environment, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(DEMO_SECONDS):
        said = (await demo.communicate())[0].decode()
    assert demo.returncode == 0, said
    assert re.findall(r"✓ ([^:]+):", said) == ["The mesh is ready", *(step.title for step in STEPS)]
    assert re.search(r"^gateway: http://127\.0\.0\.1:\d+$", said, re.MULTILINE)
    film = Path(re.search(r"^video: (.+)$", said, re.MULTILINE)[1])
    assert film.is_relative_to(tmp_path / "home" / "media")
    assert film_seconds(film) > 30
