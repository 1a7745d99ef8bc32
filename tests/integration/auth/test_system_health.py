"""The state of the whole system, asked over real gRPC."""

import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest
from loopback import Loopback

from auth_service.clients.health import GrpcHealthProbe
from auth_service.handlers.system import SystemHandlers
from auth_service.ports import HealthProbe
from auth_service.use_cases.system_health import SystemHealth
from littlemonster.common.v1 import system_service_pb2 as pb2
from littlemonster.common.v1.system_service_pb2_grpc import (
    SystemServiceStub,
    add_SystemServiceServicer_to_server,
)
from servicekit.health import Health
from servicekit.server import Server

PARTS = ("database", "broker")


@asynccontextmanager
async def dependent(loopback: Loopback, *, database: bool) -> AsyncIterator[str]:
    """A service with a database and a model, and no broker."""
    health = Health()

    async def answers() -> bool:
        return database

    async def always() -> bool:
        return True

    health.add_check("database", answers)
    health.add_check("model", always)
    await health.refresh()
    server = Server("127.0.0.1:0", loopback.verifier(), [], health)
    yield f"127.0.0.1:{await server.start()}"
    await server.stop(0)


async def report(loopback: Loopback, probes: Sequence[HealthProbe]) -> pb2.SystemHealth:
    handlers = SystemHandlers(SystemHealth(probes))
    address = await loopback.serve([(add_SystemServiceServicer_to_server, handlers)])
    return await SystemServiceStub(loopback.channel(address)).GetSystemHealth(pb2.GetSystemHealthRequest())


async def test_a_service_reports_itself_and_what_it_depends_on(loopback: Loopback) -> None:
    async with dependent(loopback, database=True) as address:
        probe = GrpcHealthProbe("content", loopback.channel(address), (*PARTS, "model"))
        answer = await report(loopback, [probe])
    (service,) = answer.services
    assert answer.healthy
    assert (service.name, service.status) == ("content", "SERVING")
    assert dict(service.dependencies) == {"database": "SERVING", "model": "SERVING"}


async def test_a_lost_database_shows(loopback: Loopback) -> None:
    async with dependent(loopback, database=False) as address:
        answer = await report(loopback, [GrpcHealthProbe("content", loopback.channel(address), PARTS)])
    (service,) = answer.services
    assert not answer.healthy
    assert (service.status, dict(service.dependencies)) == ("NOT_SERVING", {"database": "NOT_SERVING"})


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that takes connections and never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


async def test_the_answer_comes_although_services_are_down_or_silent(
    loopback: Loopback, silent: str, closed_port: int
) -> None:
    async with dependent(loopback, database=True) as address:
        probes = [
            GrpcHealthProbe("content", loopback.channel(address), ("database",)),
            GrpcHealthProbe("planner", loopback.channel(f"127.0.0.1:{closed_port}"), PARTS),
            GrpcHealthProbe("inference", loopback.channel(silent), ("model",)),
        ]
        while (answer := await report(loopback, probes)).services[0].status == "UNREACHABLE":
            pass  # on a busy machine it may not have answered in time
    assert not answer.healthy
    assert [(s.name, s.status, dict(s.dependencies)) for s in answer.services] == [
        ("content", "SERVING", {"database": "SERVING"}),
        ("planner", "UNREACHABLE", {"database": "UNREACHABLE", "broker": "UNREACHABLE"}),
        ("inference", "UNREACHABLE", {"model": "UNREACHABLE"}),
    ]
