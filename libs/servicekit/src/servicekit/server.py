"""A gRPC server as every service has it: guarded, observable, and polite when it leaves."""

from collections.abc import Callable, Sequence
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from servicekit.health import Health
from servicekit.identity.tokens import TokenVerifier
from servicekit.interceptors import Guard

Registration = tuple[Callable[[Any, grpc.aio.Server], None], Any]
_MEBIBYTE = 1024 * 1024
_OPTIONS = [
    ("grpc.max_receive_message_length", 2 * _MEBIBYTE),
    ("grpc.max_send_message_length", 8 * _MEBIBYTE),
    # What the gateway lets through, 32 KiB, and adds: beyond it gRPC answers by itself, in its own words.
    ("grpc.max_metadata_size", 48 * 1024),
    ("grpc.absolute_max_metadata_size", 64 * 1024),
    # Clients that hold a connection for ever would never see a new replica.
    ("grpc.max_connection_age_ms", 300_000),
    ("grpc.max_connection_age_grace_ms", 3_600_000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    # Two processes on one port would share its calls between an old and a new version.
    ("grpc.so_reuseport", 0),
    # Many short calls at once, as behind a gateway, rather than the latency of one.
    ("grpc.optimization_target", "throughput"),
]
_MAX_CALLS = 2000


class PortTaken(OSError):
    """Somebody else listens there."""


class Server:
    """Serves the given services, their health and their reflection."""

    def __init__(self, listen: str, verifier: TokenVerifier, services: Sequence[Registration], health: Health) -> None:
        self._listen = listen
        self._health = health
        self._server = grpc.aio.server(
            interceptors=[Guard(verifier)], options=_OPTIONS, maximum_concurrent_rpcs=_MAX_CALLS
        )
        names = [self._add(register, servicer) for register, servicer in services]
        health.add_services(names)
        health_pb2_grpc.add_HealthServicer_to_server(health.servicer, self._server)
        known = [*names, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME]
        reflection.enable_server_reflection(known, self._server)

    def _add(self, register: Callable[[Any, grpc.aio.Server], None], servicer: Any) -> str:
        register(servicer, self._server)
        return service_name(register)

    async def start(self) -> int:
        """Listens. Returns the port. Raises PortTaken."""
        try:
            port = self._server.add_insecure_port(self._listen)
        except RuntimeError:
            raise PortTaken(f"Cannot listen on {self._listen}: free the port or set LM_LISTEN to another.") from None
        await self._server.start()
        return port

    async def stop(self, grace: float) -> None:
        """Says NOT_SERVING, lets calls in flight finish for `grace` seconds, then ends them."""
        await self._health.drain()
        await self._server.stop(grace)


def service_name(register: Callable[..., None]) -> str:
    """The full name of the service a generated `add_XServicer_to_server` registers."""
    package = register.__module__.rpartition(".")[0]
    name = register.__name__.removeprefix("add_").removesuffix("Servicer_to_server")
    return f"{package}.{name}"
