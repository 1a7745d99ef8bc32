"""The health check that containers run, asked of the processes of a real mesh."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

CHECK = str(Path(__file__).parents[2] / "deploy/healthcheck.py")


@pytest.fixture
async def healthy():
    """Whether the check says yes in a container with these variables, and what it says else."""

    async def healthy(**variables: str) -> tuple[bool, str]:
        pipe = asyncio.subprocess.PIPE
        environment = {"PATH": os.environ["PATH"]} | variables
        process = await asyncio.create_subprocess_exec(sys.executable, CHECK, env=environment, stderr=pipe)
        _, said = await process.communicate()
        return process.returncode == 0, said.decode()

    return healthy


@pytest.mark.parametrize("name", ["auth", "planner-worker", "inference"])
async def test_a_service_and_a_worker_are_healthy_once_they_serve(name, mesh, healthy):
    facts = json.loads(await asyncio.to_thread((mesh.home / "run/mesh.json").read_text))
    # In a container a process listens on all addresses.
    port = facts["addresses"][name].rpartition(":")[2]
    assert await healthy(LM_LISTEN=f"0.0.0.0:{port}") == (True, "")


async def test_the_gateway_is_healthy_once_it_answers(mesh, healthy):
    assert await healthy(LM_HEALTH_URL=f"{mesh.gateway}/healthz") == (True, "")


async def test_what_does_not_answer_is_not_healthy_and_says_why(mesh, healthy):
    yes, why = await healthy(LM_LISTEN="0.0.0.0:1")
    assert not yes
    assert "not healthy" in why
    yes, why = await healthy(LM_HEALTH_URL=f"{mesh.gateway}/nothing")
    assert not yes
    assert "404" in why
