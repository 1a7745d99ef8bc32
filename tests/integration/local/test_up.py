"""`lm up` as a person meets it: one line when it is ready, one mesh per folder, nothing left after Ctrl-C."""

import asyncio
import json
import os
import re
import signal
import socket
import stat
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from local_mesh.ports import free_ports
from local_mesh.process import is_alive
from local_mesh.readiness import wait_until
from local_mesh.servers.nats import Nats
from local_mesh.servers.postgres import Postgres
from local_mesh.servers.redis import Redis

pytestmark = pytest.mark.timeout(600)  # meshes start one after the other
READY_SECONDS = 150
STOP_SECONDS = 60  # the promise is 10 s; a loaded test machine may take longer


class Up:
    """A running `lm up`, in a session of its own, as a terminal would start it."""

    def __init__(self, process):
        self.process = process

    @classmethod
    async def start(cls, home, port="0", **variables):
        environment = os.environ | {"LM_HOME": str(home), "LM_GATEWAY_PORT": str(port)} | variables
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-m", "local_mesh.cli", "up")
        return cls(
            await asyncio.create_subprocess_exec(
                *command, env=environment, stdout=pipe, stderr=pipe, start_new_session=True
            )
        )

    async def gateway(self):
        async with asyncio.timeout(READY_SECONDS):
            line = (await self.process.stdout.readline()).decode()
            if not line:
                raise AssertionError((await self.process.stderr.read()).decode())
            return re.fullmatch(r"gateway: (http://127\.0\.0\.1:\d+)\n", line)[1]

    def family(self):
        return [child.pid for child in psutil.Process(self.process.pid).children(recursive=True)]

    async def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(STOP_SECONDS):
            rest, _ = await self.process.communicate()
        return self.process.returncode, rest


@pytest.fixture
async def up(tmp_path):
    started = []

    async def up(home=tmp_path / "home", **options):
        started.append(await Up.start(home, **options))
        return started[-1]

    yield up
    for one in started:
        if one.process.returncode is None:
            await one.interrupt()


async def refusal(one):
    _, said = await one.process.communicate()
    return one.process.returncode, said.decode()


def permissions(paths):
    return {stat.S_IMODE(Path(path).stat().st_mode) for path in paths}


async def test_a_mesh_lives_from_its_one_line_to_ctrl_c(up, tmp_path):
    first = await up()
    gateway = await first.gateway()
    family = first.family()

    async with httpx.AsyncClient(base_url=gateway) as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/v1/videos")).status_code == 401

    facts = json.loads(await asyncio.to_thread((tmp_path / "home" / "run" / "mesh.json").read_text))
    assert facts["gateway"] == gateway
    assert permissions(facts["database_url_files"].values()) == {0o600}

    code, said = await refusal(await up())
    assert code == 1
    assert "A mesh already runs on" in said
    assert "set LM_HOME to another folder" in said

    assert await first.interrupt() == (0, b"")
    assert not [pid for pid in family if is_alive(pid)]
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(gateway)


async def test_killing_the_mesh_leaves_no_process_and_the_data_is_there_again(up, tmp_path):
    first = await up()
    gateway = await first.gateway()
    account = {"email": "ada@school.example", "password": "a long enough password", "displayName": "Ada"}
    async with httpx.AsyncClient(base_url=gateway) as client:
        (await client.post("/v1/auth/register", json=account)).raise_for_status()
    family = first.family()
    first.process.kill()
    await first.process.wait()

    async def all_gone():
        return not any(is_alive(pid) for pid in family)

    assert await wait_until(all_gone, STOP_SECONDS)

    second = await up()
    async with httpx.AsyncClient(base_url=await second.gateway()) as client:
        login = await client.post("/v1/auth/login", json=account | {"password": "not that password"})
        known = await client.post("/v1/auth/login", json={name: account[name] for name in ("email", "password")})
    assert login.status_code == 401
    assert known.status_code != 401  # the account outlived the mesh: only its address is not yet verified


async def test_a_taken_gateway_port_is_said_at_once(up):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = await refusal(await up(port=port))
    assert code == 1
    assert f"Port {port} on 127.0.0.1 is taken" in said
    assert "set LM_GATEWAY_PORT to another port" in said


async def test_a_wrong_setting_is_said_at_once(up):
    code, said = await refusal(await up(port="eighty"))
    assert code == 1
    assert "LM_GATEWAY_PORT is 'eighty'" in said


async def test_ctrl_c_while_starting_stops_at_once_and_leaves_nothing(up, tmp_path):
    early = await up()
    async for line in early.process.stderr:
        if b": ready" in line:
            break
    family = early.family()
    assert family
    code, _ = await early.interrupt()
    assert code == 0
    assert not [pid for pid in family if is_alive(pid)]


async def test_external_servers_take_the_place_of_the_embedded_ones(up, run, tmp_path, credentials):
    ports = free_ports(3)
    postgres = Postgres(
        tmp_path / "outside" / "postgres", tmp_path / "initdb.log", ports[0], credentials, durable=False
    )
    nats = Nats(tmp_path / "outside" / "nats", ports[1], credentials, durable=False)
    redis = Redis(tmp_path / "outside" / "redis", ports[2], credentials, durable=False)
    urls = {"LM_POSTGRES_URL": postgres.url, "LM_NATS_URL": nats.url, "LM_REDIS_URL": redis.url}
    async with run(postgres.process()), run(nats.process()), run(redis.process()):
        mesh = await up(**urls)
        async with httpx.AsyncClient(base_url=await mesh.gateway()) as client:
            assert (await client.get("/.well-known/jwks.json")).status_code == 200
        assert await mesh.interrupt() == (0, b"")
    assert not os.listdir(tmp_path / "home" / "data")


async def test_the_status_command_tells_what_runs(up, tmp_path):
    async def status(*options):
        environment = os.environ | {"LM_HOME": str(tmp_path / "home"), "COLUMNS": "100"}
        command = (sys.executable, "-m", "local_mesh.cli", "status", *options)
        asked = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
        said, _ = await asked.communicate()
        return asked.returncode, said.decode()

    assert await status() == (1, "")
    gateway = await (await up()).gateway()
    code, said = await status()
    assert code == 0
    assert f"gateway: {gateway}" in said
    assert re.search(r"planner-worker +ready +\d+ +0 +0:00:\d\d", said)
    told = json.loads((await status("--json"))[1])
    assert (told["gateway"], told["processes"]["planner-worker"]["state"]) == (gateway, "ready")
