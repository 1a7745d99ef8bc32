"""Asks a service how it is, over grpc.health.v1."""

import asyncio
from collections.abc import Sequence
from typing import Any

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from auth_service.domain.health import ServiceHealth, Status
from servicekit.errors import NotFound, ServiceError

_DEADLINE_SECONDS = 1.0


class GrpcHealthProbe:
    """See ports.HealthProbe."""

    def __init__(self, name: str, channel: grpc.aio.Channel, dependencies: Sequence[str]) -> None:
        """`dependencies` are the names the service answers for besides "", which is itself."""
        self._name = name
        self._stub: Any = HealthStub(channel)  # its types know no methods
        self._dependencies = tuple(dependencies)

    async def check(self) -> ServiceHealth:
        """All names are asked at the same time; what the service does not know it does not depend on."""
        own, *others = await asyncio.gather(*(self._ask(part) for part in ("", *self._dependencies)))
        known = {part: status for part, status in zip(self._dependencies, others, strict=True) if status}
        return ServiceHealth(self._name, own or Status.NOT_SERVING, known)

    async def _ask(self, part: str) -> Status | None:
        try:
            answer = await self._stub.Check(HealthCheckRequest(service=part), timeout=_DEADLINE_SECONDS)
        except NotFound:
            return None
        except ServiceError:
            return Status.UNREACHABLE
        return Status.SERVING if answer.status == HealthCheckResponse.SERVING else Status.NOT_SERVING
