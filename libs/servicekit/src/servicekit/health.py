"""grpc.health.v1, honest and cached: readiness is checked each second, not at each question."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping

from grpc_health.v1 import health
from grpc_health.v1.health_pb2 import HealthCheckResponse
from opentelemetry.metrics import Observation, get_meter

from servicekit.telemetry.measures import Observed

Check = Callable[[], Awaitable[bool]]
_EVERY_SECONDS = 1.0
_UNREADY_SECONDS = 0.1
_CHECK_SECONDS = 2.0
_PROCESS = "process"  # what all checks together are called where they are measured
log = logging.getLogger(__name__)
_ready = Observed()
get_meter("servicekit").create_observable_gauge(
    "littlemonster.ready", [_ready], description="1 while the process, or what it depends on, is ready; else 0"
)
_STATUS = {True: HealthCheckResponse.SERVING, False: HealthCheckResponse.NOT_SERVING}


class Health:
    """The state of a process: "" is all of it; each dependency ("database", "broker") and each gRPC service has its own."""

    def __init__(self) -> None:
        self.servicer = health.aio.HealthServicer()
        self._checks: dict[str, Check] = {}
        self._services: list[str] = []
        self._draining = False
        self._known: dict[str, bool] = {}
        _ready.add(self, Health._observed)

    def _observed(self) -> list[Observation]:
        return [Observation(int(ready), {"check": name}) for name, ready in self._known.items()]

    def add_check(self, name: str, check: Check) -> None:
        """The process is ready only while `check` answers True."""
        self._checks[name] = check

    def add_services(self, names: Iterable[str]) -> None:
        """Services that are ready whenever the process is."""
        self._services += names

    async def refresh(self) -> bool:
        """Checks every dependency now. Returns whether the process is ready."""
        results = await asyncio.gather(*(_answer(name, check) for name, check in self._checks.items()))
        for name, healthy in zip(self._checks, results, strict=True):
            await self.servicer.set(name, _STATUS[healthy])
        ready = all(results) and not self._draining
        known = dict(zip(self._checks, results, strict=True)) | {_PROCESS: ready}
        if not self._draining and ready is not self._known.get(_PROCESS):
            _tell(known, logging.WARNING if self._known else logging.INFO)  # at the start it only waits
        self._known = known
        for name in ("", *self._services):
            await self.servicer.set(name, _STATUS[ready])
        return ready

    async def watch(self) -> None:
        """Checks until cancelled."""
        while True:
            ready = await self.refresh()
            await asyncio.sleep(_EVERY_SECONDS if ready else _UNREADY_SECONDS)

    async def drain(self) -> None:
        """Says NOT_SERVING from now on, so that nobody sends new calls."""
        self._draining = True
        for name in ("", *self._services):
            await self.servicer.set(name, _STATUS[False])


def _tell(known: Mapping[str, bool], level: int) -> None:
    if known[_PROCESS]:
        log.info("ready")
    else:
        missing = [name for name, healthy in known.items() if not healthy and name != _PROCESS]
        log.log(level, "not ready", extra={"checks": missing})


async def _answer(name: str, check: Check) -> bool:
    """What the check says; one that fails or hangs says no, and never ends the process."""
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            return await check()
    except Exception as error:
        log.warning("health check failed", extra={"check": name, "error": repr(error)})
        return False
