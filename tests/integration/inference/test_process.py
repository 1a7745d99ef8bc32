"""The service as it is deployed: one process told everything by its environment, and the model's process below it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from loopback import Loopback

from littlemonster.common.v1 import study_pb2 as study
from littlemonster.inference.v1 import inference_service_pb2 as pb
from littlemonster.inference.v1.inference_service_pb2_grpc import GenerationServiceStub
from local_mesh.readiness import Probe, grpc_health, wait_until
from servicekit.identity.jwks import jwk

REQUEST = pb.GenerateScriptRequest(topic="acids and bases", subject=study.SUBJECT_CHEMISTRY)


@dataclass(frozen=True, slots=True)
class Running:
    process: asyncio.subprocess.Process
    port: int

    def model_process(self) -> int:
        """Process id of the model, the only child."""
        return int(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0])


@pytest.fixture
def environment(loopback: Loopback, tmp_path: Path) -> dict[str, str]:
    key, keys = tmp_path / "inference.pem", tmp_path / "keys.json"
    key.touch(mode=0o600)
    key.write_bytes(loopback.service_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    keys.write_text(json.dumps({"keys": [jwk(loopback.service_key.public_key(), "content")]}))
    return os.environ | {
        "LM_LISTEN": "127.0.0.1:0",
        "LM_SERVICE_KEY_FILE": str(key),
        "LM_SERVICE_KEYS_FILE": str(keys),
    }


@asynccontextmanager
async def _running(environment: dict[str, str]) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "inference_service.main"), env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        async for line in process.stdout:
            if port := json.loads(line).get("port"):
                break
        yield Running(process, port)
    finally:
        process.terminate()
        await process.stdout.read()
        assert await process.wait() == 0


def _gone(process_id: int) -> Probe:
    """Ready once the process ended and its parent took note of it."""

    async def probe() -> bool:
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return True
        return False

    return probe


async def test_the_process_becomes_ready_survives_its_models_death_and_leaves_nothing_behind(
    loopback: Loopback, environment: dict[str, str]
) -> None:
    async with _running(environment) as running:
        healthy = grpc_health("127.0.0.1", running.port)
        stub = GenerationServiceStub(loopback.channel(f"127.0.0.1:{running.port}", as_service="content"))
        assert await wait_until(healthy, 60)
        first = running.model_process()
        os.kill(first, signal.SIGKILL)
        assert await wait_until(_gone(first), 60)
        assert await wait_until(healthy, 60)
        assert (await stub.GenerateScript(REQUEST)).title == "Acids and Bases"
        second = running.model_process()
    assert second != first
    assert await _gone(second)()


async def test_a_process_whose_model_is_damaged_lives_but_is_not_ready(
    loopback: Loopback, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + bytes(100))
    entry = "- {name: bad, purpose: p, architecture: llama, quantization: Q8_0, context_length: 512, license: none, "
    (tmp_path / "models.yaml").write_text(f"{entry}file: bad.gguf, size_bytes: 104, sha256: '{'0' * 64}'}}\n")
    registry = {"LM_MODEL_REGISTRY": str(tmp_path / "models.yaml"), "LM_MODEL": "bad"}
    async with _running(environment | registry) as running:
        stub = GenerationServiceStub(loopback.channel(f"127.0.0.1:{running.port}", as_service="content"))
        advice = await stub.ValidateTopic(pb.ValidateTopicRequest(topic="ph", subject=study.SUBJECT_CHEMISTRY))
        assert advice.supported
        assert not await grpc_health("127.0.0.1", running.port)()


async def test_an_unknown_model_ends_the_process_with_the_ones_there_are(environment: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "inference_service.main"),
        env=environment | {"LM_MODEL": "gpt"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 1
    assert b"Set LM_MODEL to one of: little-monster-nano" in said
