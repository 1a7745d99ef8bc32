"""The state of the whole system."""

from auth_service.convert import auth as convert
from auth_service.use_cases.system_health import SystemHealth
from littlemonster.common.v1 import system_service_pb2 as pb2
from littlemonster.common.v1.system_service_pb2_grpc import SystemServiceServicer
from servicekit.interceptors import Context


class SystemHandlers(SystemServiceServicer):
    """littlemonster.common.v1.SystemService."""

    def __init__(self, health: SystemHealth) -> None:
        self._health = health

    async def GetSystemHealth(
        self,
        request: pb2.GetSystemHealthRequest,
        context: Context,
    ) -> pb2.SystemHealth:
        return convert.system_health(await self._health.report())
