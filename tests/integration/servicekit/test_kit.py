"""The life of a process made with the kit: started in any order, honest about itself, polite at its end."""

import asyncio
import json
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fakes import processes
from grpc_health.v1 import health_pb2, health_pb2_grpc
from loopback import Loopback
from servers import kill, running

from littlemonster.content.v1.content_service_pb2 import GetVideoRequest
from littlemonster.content.v1.content_service_pb2_grpc import VideoServiceStub
from local_mesh.credentials import Credentials
from local_mesh.ports import free_ports
from local_mesh.servers.nats import Nats
from local_mesh.servers.postgres import Postgres
from servicekit.client import open_channel
from servicekit.errors import DeadlineExceeded, Unavailable
from servicekit.identity.tokens import ServiceTokens
from servicekit.ids import new_id

PROGRAM = str(Path(__file__).with_name("kit_process.py"))
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
NAMES = ("", "database", "broker", "littlemonster.content.v1.VideoService")


@dataclass
class Running:
    """The process, what it has logged, and ways to call it."""

    process: asyncio.subprocess.Process
    loopback: Loopback
    lines: list[dict[str, Any]] = field(default_factory=list)

    async def said(self, message: str) -> dict[str, Any]:
        """The line with that message, once it is logged."""
        assert self.process.stdout
        async for line in self.process.stdout:
            self.lines.append(json.loads(line))
            if self.lines[-1]["message"] == message:
                return self.lines[-1]
        raise AssertionError(f"the process ended without saying {message!r}: {self.lines}")

    async def ended(self) -> int:
        """Its exit code, once it has ended; what it still said is among the lines."""
        assert self.process.stdout
        self.lines += [json.loads(line) async for line in self.process.stdout]
        return await self.process.wait()


@pytest.fixture
def environment(backing: Any, make_database: Callable[[str], Any], loopback: Loopback, tmp_path: Path) -> Any:
    urls = {"LM_DATABASE_URL": make_database("community").app, "LM_NATS_URL": backing.nats_url}
    return processes.environment("community", loopback, tmp_path, **urls)


@asynccontextmanager
async def started(environment: Mapping[str, str], loopback: Loopback, *options: str) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, PROGRAM, *options, env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Running(process, loopback)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def refused(environment: Mapping[str, str], *options: str) -> list[str]:
    """The lines on standard error before the process ended with 1, without those of gRPC's own log."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, PROGRAM, *options),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    assert process.returncode == 1
    return [line for line in errors.decode().splitlines() if not re.match(r"[IWEF]\d{4} ", line)]


async def until(address: str, name: str, status: int, loopback: Loopback) -> None:
    """Returns once health says so of `name`."""
    health = health_pb2_grpc.HealthStub(loopback.channel(address))
    call = health.Watch(health_pb2.HealthCheckRequest(service=name))
    async for answer in call:
        if answer.status == status:
            break
    call.cancel()


async def states(address: str, loopback: Loopback) -> dict[str, int]:
    health = health_pb2_grpc.HealthStub(loopback.channel(address))
    return {name: (await health.Check(health_pb2.HealthCheckRequest(service=name))).status for name in NAMES}


def stub(address: str, loopback: Loopback) -> VideoServiceStub:
    channel = open_channel(address, "library", ServiceTokens("community", loopback.service_key))
    loopback.stack.push_async_callback(channel.close)
    return VideoServiceStub(channel)


async def test_a_process_waits_for_its_database_and_its_broker_in_any_order(
    loopback: Loopback, folder: Path, environment: Mapping[str, str]
) -> None:
    credentials = Credentials(folder / "secrets")
    postgres_port, nats_port = free_ports(2)
    postgres = Postgres(folder / "postgres", folder / "initdb.log", postgres_port, credentials, durable=False)
    nats = Nats(folder / "nats", nats_port, credentials, durable=False)
    urls = {"LM_DATABASE_URL": postgres.url, "LM_NATS_URL": nats.url}
    async with started({**environment, **urls}, loopback) as service:
        address = f"127.0.0.1:{(await service.said('listening'))['port']}"
        assert set((await states(address, loopback)).values()) == {NOT_SERVING}
        async with running(nats.process(), folder):
            await until(address, "broker", SERVING, loopback)
            assert (await states(address, loopback))[""] == NOT_SERVING
            async with running(postgres.process(), folder) as server:
                for name in NAMES:
                    await until(address, name, SERVING, loopback)
                await kill(server)
            await until(address, "", NOT_SERVING, loopback)
            await until(address, "broker", SERVING, loopback)
        service.process.send_signal(signal.SIGTERM)
        assert await service.ended() == 0
    told = [line for line in service.lines if line["logger"] == "servicekit.health"]
    assert [(line["severity"], line["message"], line.get("checks")) for line in told] == [
        ("INFO", "not ready", ["database", "broker"]),
        ("INFO", "ready", None),
        ("WARNING", "not ready", ["database"]),
    ]


async def test_told_to_stop_before_anything_it_needs_was_there_it_ends_well(
    loopback: Loopback, environment: Mapping[str, str]
) -> None:
    nowhere = {"LM_DATABASE_URL": "postgresql://library@127.0.0.1:1/library", "LM_NATS_URL": "nats://127.0.0.1:1"}
    async with started({**environment, **nowhere}, loopback) as service:
        await service.said("listening")
        service.process.terminate()
        assert await service.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_stop_it_finishes_the_call_in_flight_and_takes_no_new_one(
    loopback: Loopback, environment: Mapping[str, str], number: signal.Signals
) -> None:
    async with started({**environment, "LM_DRAIN_SECONDS": "60"}, loopback) as service:
        address = f"127.0.0.1:{(await service.said('listening'))['port']}"
        await until(address, "", SERVING, loopback)
        videos, request = stub(address, loopback), GetVideoRequest(video_id=new_id())
        async with await psycopg.AsyncConnection.connect(environment["LM_DATABASE_URL"], autocommit=True) as held:
            await held.execute("SELECT pg_advisory_lock(7)")
            in_flight = asyncio.ensure_future(videos.GetVideo(request, timeout=120))
            await until_waiting(held)
            service.process.send_signal(number)
            await until_refused(stub(address, loopback), request)
        assert (await in_flight).id == request.video_id
        assert await service.ended() == 0
    assert not [line for line in service.lines if line["severity"] in ("ERROR", "CRITICAL")]


async def test_a_call_that_does_not_end_is_cut_off_when_draining_has_lasted_long_enough(
    loopback: Loopback, environment: Mapping[str, str]
) -> None:
    async with started({**environment, "LM_DRAIN_SECONDS": "0.2"}, loopback) as service:
        address = f"127.0.0.1:{(await service.said('listening'))['port']}"
        await until(address, "", SERVING, loopback)
        async with await psycopg.AsyncConnection.connect(environment["LM_DATABASE_URL"], autocommit=True) as held:
            await held.execute("SELECT pg_advisory_lock(7)")
            request = GetVideoRequest(video_id=new_id())
            in_flight = asyncio.ensure_future(stub(address, loopback).GetVideo(request, timeout=120))
            await until_waiting(held)
            service.process.send_signal(signal.SIGTERM)
            with pytest.raises(Unavailable):
                await in_flight
            assert await service.ended() == 0


async def until_refused(videos: VideoServiceStub, request: GetVideoRequest) -> None:
    """Returns once a new call is not taken; one that came before the door was shut waits like those in flight."""
    while True:
        try:
            await videos.GetVideo(request, timeout=0.5)
        except Unavailable:
            return
        except DeadlineExceeded:
            continue


async def until_waiting(connection: psycopg.AsyncConnection[Any]) -> None:
    """Returns once somebody waits for the lock that `connection` holds."""
    question = (
        "SELECT true FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
        "AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    )
    while not await (await connection.execute(question)).fetchone():
        await asyncio.sleep(0.02)


async def test_every_line_is_json_and_none_tells_a_secret(loopback: Loopback, environment: Mapping[str, str]) -> None:
    async with started(environment, loopback) as service:
        await service.said("listening")
        service.process.terminate()
        assert await service.ended() == 0
    assert {"starting", "listening", "draining", "stopped"} <= {line["message"] for line in service.lines}
    secrets = {psycopg.conninfo.conninfo_to_dict(environment["LM_DATABASE_URL"])["password"]}
    secrets.add(environment["LM_NATS_URL"].split("@")[0].split(":")[-1])
    assert not [secret for secret in secrets if str(secret) in json.dumps(service.lines)]


@pytest.mark.parametrize(
    ("told", "name"), [({}, "library"), ({"OTEL_SERVICE_NAME": "library-worker"}, "library-worker")]
)
async def test_its_log_names_the_process_as_its_metrics_do(
    loopback: Loopback, environment: Mapping[str, str], told: Mapping[str, str], name: str
) -> None:
    async with started({**environment, **told}, loopback) as service:
        assert (await service.said("listening"))["service"] == name


async def test_background_work_that_fails_ends_the_process_with_1(
    loopback: Loopback, environment: Mapping[str, str]
) -> None:
    async with started(environment, loopback, "fails") as service:
        assert await service.ended() == 1
    (critical,) = [line for line in service.lines if line["severity"] == "CRITICAL"]
    assert critical["message"] == "background work failed"
    assert "RuntimeError: as the test wants" in critical["exception"]


@pytest.mark.parametrize(
    ("variable", "value", "explanation"),
    [
        ("LM_LOG_LEVEL", "LOUD", "LM_LOG_LEVEL: String should match"),
        ("LM_DATABASE_POOL_SIZE", "many", "LM_DATABASE_POOL_SIZE: Input should be a valid integer"),
        ("LM_SERVICE_KEY_FILE", None, "LM_SERVICE_KEY_FILE: Field required"),
        ("LM_SERVICE_KEY_FILE", "/nowhere/library.pem", "library: /nowhere/library.pem cannot be read"),
        (
            "LM_SERVICE_KEYS_FILE",
            "/nowhere/keys.json",
            "library: /nowhere/keys.json is not a readable JSON Web Key Set",
        ),
        ("LM_DATABASE_URL", None, "Set LM_DATABASE_URL to this service's database."),
        ("LM_LISTEN", "nowhere", "library: Cannot listen on nowhere: free the port or set LM_LISTEN to another."),
    ],
)
async def test_a_setting_that_is_wrong_ends_the_start_with_one_clear_line(
    environment: Mapping[str, str], variable: str, value: str | None, explanation: str
) -> None:
    told = {name: text for name, text in environment.items() if name != variable}
    said = await refused(told | ({variable: value} if value is not None else {}))
    (line,) = [line for line in said if line != "These settings are not right:"]
    assert explanation in line


async def test_a_port_that_is_taken_is_named(environment: Mapping[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = await refused({**environment, "LM_LISTEN": address})
    assert said == [f"library: Cannot listen on {address}: free the port or set LM_LISTEN to another."]
