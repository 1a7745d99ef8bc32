"""xllamacpp listens on a loopback port by itself; nobody can do anything there."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import httpx
import pytest

from inference_service.domain.generation import Sampling
from inference_service.domain.models import EngineName
from inference_service.engine.supervised import SupervisedEngine

StartEngine = Callable[..., Awaitable[SupervisedEngine]]
_LISTENING, _LOOPBACK = "0A", "0100007F"


def _ports(pid: int) -> list[int]:
    """The loopback ports that the process listens on; any other address fails the test."""
    sockets = {link.readlink().name for link in Path(f"/proc/{pid}/fd").iterdir() if "socket:" in str(link.readlink())}
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    ]
    listening = [row[1].split(":") for row in rows if row[3] == _LISTENING and f"socket:[{row[9]}]" in sockets]
    assert {address for address, _ in listening} <= {_LOOPBACK}
    return [int(port, 16) for _, port in listening]


@pytest.fixture
async def address(start_engine: StartEngine) -> str:
    engine = await start_engine(library=EngineName.XLLAMACPP)
    async with aclosing(engine.generate("x", Sampling(1))) as pieces:
        async for _ in pieces:
            pass
    assert engine.process_id
    (port,) = _ports(engine.process_id)
    return f"http://127.0.0.1:{port}"


async def test_every_path_that_tells_or_does_something_asks_for_the_key(address: str) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        for path in (
            "/completion",
            "/v1/completions",
            "/v1/chat/completions",
            "/tokenize",
            "/embedding",
            "/lora-adapters",
        ):
            answer = await client.post(
                path, json={"prompt": "x", "content": "x"}, headers={"Authorization": "Bearer x"}
            )
            assert answer.status_code in (401, 404), path
        for path in ("/", "/props", "/slots", "/metrics", "/v1/models"):
            assert (await client.get(path)).status_code in (401, 404), path


async def test_ctransformers_listens_on_nothing(start_engine: StartEngine) -> None:
    engine = await start_engine()
    async with aclosing(engine.generate("x", Sampling(1))) as pieces:
        async for _ in pieces:
            pass
    assert engine.process_id
    assert _ports(engine.process_id) == []
