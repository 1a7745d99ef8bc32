"""The two services to compare with, as processes beside the mesh: the plain one, and ours without a database."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gateway
from local_mesh import keys
from local_mesh.addresses import API_SERVICES
from local_mesh.environment import child_environment
from local_mesh.mesh import FACTS, RunningMesh
from local_mesh.ports import LOOPBACK, free_ports
from local_mesh.process import Process
from local_mesh.readiness import grpc_health, http
from local_mesh.servers.envoy import Envoy
from local_mesh.servers.nats import Nats, write_private
from local_mesh.supervisor import Supervisor

_REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Their URLs."""

    peer: str
    memory: str


@asynccontextmanager
async def running(mesh: RunningMesh, rate: int) -> AsyncIterator[Neighbours]:
    """Start them and stop them at the end of the block; `rate` is the gateway's limit. Raises MeshError."""
    peer, memory, entrance = free_ports(3)
    processes = [_peer(mesh, peer), _memory(mesh, memory), gateway_to(mesh, "memory", rate, memory, entrance)]
    supervisor = Supervisor(processes, mesh.home.logs)
    try:
        await supervisor.start()
        yield Neighbours(f"http://{LOOPBACK}:{peer}", f"http://{LOOPBACK}:{entrance}")
    finally:
        await supervisor.stop()


def _peer(mesh: RunningMesh, port: int) -> Process:
    server = ("--host", LOOPBACK, "--port", str(port), "--loop", "uvloop", "--http", "httptools")
    quiet = ("--no-access-log", "--log-level", "warning")  # to its advantage: ours logs each request
    return Process(
        name="peer",
        command=(sys.executable, "-m", "uvicorn", "tests.performance.peer.app:app", *server, *quiet),
        environment=child_environment(PYTHONPATH=str(_REPOSITORY), LM_DATABASE_URL=_database_url(mesh)),
        ready=http(LOOPBACK, port, "/v1/videos?pageSize=1"),
    )


def _memory(mesh: RunningMesh, port: int) -> Process:
    return content_at(mesh, "memory", "tests.performance.memory", _database_url(mesh), port)


def content_at(mesh: RunningMesh, name: str, module: str, database_url: str, port: int) -> Process:
    """A process that serves videos at `port` as the mesh's own content does."""
    addresses = addresses_of(mesh)
    nats = Nats(mesh.home.data, int(addresses["nats"].rpartition(":")[2]), mesh.home.credentials)
    variables = {
        "PYTHONPATH": str(_REPOSITORY),
        "LM_LISTEN": f"{LOOPBACK}:{port}",
        "LM_DATABASE_URL": database_url,
        "LM_SERVICE_KEY_FILE": str(keys.key_file(mesh.home.keys, "content")),
        "LM_SERVICE_KEYS_FILE": str(mesh.home.keys / keys.PUBLIC_KEYS),
        "LM_NATS_URL": nats.url,
        "LM_AUTH_ADDRESS": addresses["auth"],
        "LM_INFERENCE_ADDRESS": addresses["inference"],
    }
    return Process(
        name=name,
        command=(sys.executable, "-m", module),
        environment=child_environment(**variables),
        ready=grpc_health(LOOPBACK, port),
    )


def gateway_to(mesh: RunningMesh, name: str, rate: int, content: int, port: int) -> Process:
    """The mesh's own gateway once more at `port`, with what listens on port `content` behind the videos."""
    addresses = addresses_of(mesh)
    settings = gateway.Settings(
        clusters={name: addresses[name] for name in API_SERVICES} | {"content": f"{LOOPBACK}:{content}"},
        media_dir=mesh.home.media,
        listen_host=LOOPBACK,
        listen_port=port,
        public_url=f"http://{LOOPBACK}:{port}",
        requests_per_second=rate,
        burst=rate,
    )
    configuration = mesh.home.run / f"{name}.yaml"
    write_private(configuration, gateway.render(settings))
    return replace(Envoy(configuration, port, "/.well-known/jwks.json").process(), name=f"{name}-gateway")


def addresses_of(mesh: RunningMesh) -> dict[str, str]:
    published: Any = mesh.home.published(FACTS)
    addresses: dict[str, str] = published["addresses"]
    return addresses


def _database_url(mesh: RunningMesh) -> str:
    return (mesh.home.run / "content.url").read_text().strip()
