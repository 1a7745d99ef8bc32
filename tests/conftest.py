"""What every test may ask for: real servers shared by the whole session, and a fresh database of any service."""

import fcntl
import json
import os
import secrets
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

# Early: its plugin would import it while a failure is reported, when Python 3.11 may refuse to parse a module.
import hypothesis
import psycopg
import pytest
import without_fork_handlers  # noqa: F401  # for what its import does
from psycopg import sql

from local_mesh.credentials import Credentials
from local_mesh.servers import databases
from local_mesh.servers.databases import DatabaseUrls

pytest_plugins = ["loopback", "own_nats"]
# A slow machine is no failure: no test asserts a time, and Hypothesis would, for each example. What a run says is of the code
# and not of chance; `--hypothesis-profile=search` looks for examples that nobody has seen.
hypothesis.settings.register_profile("same", deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("same")

_HOME = "LM_TEST_BACKING_HOME"
_SESSION = "LM_TEST_SESSION_PID"
_START_SECONDS = 150
_STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Backing:
    """The session's servers; `postgres_url` is the superuser's, who bypasses row-level security."""

    postgres_url: str = field(repr=False)
    nats_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    home: Path


def pytest_configure(config: pytest.Config) -> None:
    """Give all workers of this session one folder; the servers start only when a test asks for them."""
    if not _is_worker(config):
        os.environ[_HOME] = tempfile.mkdtemp(prefix="lm-test-")
        os.environ[_SESSION] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers, also after Ctrl-C, and leave nothing behind."""
    if _is_worker(config) or _HOME not in os.environ:
        return
    home = Path(os.environ.pop(_HOME))
    # The mesh before the servers, which take the folder with them.
    for pid in [int(file.read_text()) for file in sorted(home.glob("*.pid"), reverse=True)]:
        _stop(pid)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def backing() -> Backing:
    """Real PostgreSQL, NATS and Redis on loopback, started once for all workers."""
    home = Path(os.environ[_HOME])
    with _locked(home / "lock"):
        if not (home / "backing.json").exists():
            _start(home, "backing")
    return Backing(home=home, **json.loads((home / "backing.json").read_text()))


@dataclass(frozen=True, slots=True)
class Mesh:
    """The session's whole mesh, as `make up` runs it. Tests share it: none stops or breaks a part of it, but for the content
    worker, which may be killed, for it comes back and goes on."""

    gateway: str
    home: Path


@pytest.fixture(scope="session")
def mesh() -> Mesh:
    """Every server, service and worker behind a real gateway, started once for all workers."""
    home = Path(os.environ[_HOME])
    with _locked(home / "mesh.lock"):
        if not (home / "mesh.json").exists():
            _start(home, "mesh")
    facts = json.loads((home / "mesh.json").read_text())
    return Mesh(facts["gateway"], Path(facts["home"]))


@pytest.fixture
def make_database(backing: Backing) -> Iterator[Callable[[str], DatabaseUrls]]:
    """Makes a freshly migrated database of a service, with the roles and rights of production."""
    credentials = Credentials(backing.home / "secrets")
    made: list[str] = []

    def make(service: str) -> DatabaseUrls:
        template = _template(backing, credentials, service)
        name = f"{service}_{secrets.token_hex(6)}"
        with psycopg.connect(backing.postgres_url, autocommit=True) as connection:
            made.append(name)
            databases.make_database(connection, service, name, template)
        return databases.urls(backing.postgres_url, service, credentials, name)

    yield make
    if made:
        with psycopg.connect(backing.postgres_url, autocommit=True) as connection:
            for name in made:
                connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _template(backing: Backing, credentials: Credentials, service: str) -> str:
    """The migrated database that this session's tests copy."""
    from servicekit import (
        migrate,
    )  # heavy (Alembic, SQLModel): only for tests that use a database

    template = f"template_{service}"
    with _locked(backing.home / f"{template}.lock") as state:
        if state.read_text() != "migrated":
            with psycopg.connect(backing.postgres_url, autocommit=True) as connection:
                databases.make_roles(connection, service, credentials)
                connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(template)))
                databases.make_database(connection, service, template)
            with psycopg.connect(databases.in_database(backing.postgres_url, template), autocommit=True) as inside:
                databases.grant(inside, service)
            migrate.upgrade(
                service,
                databases.urls(backing.postgres_url, service, credentials, template).owner,
            )
            state.write_text("migrated")
    return template


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@contextmanager
def _locked(path: Path) -> Iterator[Path]:
    """Hold the file's lock against the session's other workers."""
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield path


def _start(home: Path, name: str) -> None:
    """Run <name>_process.py for this session until it has written <name>.json."""
    command = [sys.executable, str(Path(__file__).with_name(f"{name}_process.py"))]
    command += ["--home", str(home), "--session", os.environ[_SESSION]]
    log = home / f"{name}.log"
    how = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    outputs = [(os.POSIX_SPAWN_OPEN, fd, str(log), how, 0o600) for fd in (1, 2)]
    # Its own session: Ctrl-C reaches only pytest, which then stops it in order.
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=outputs, setsid=True)
    (home / f"{name}.pid").write_text(str(pid))
    until = time.monotonic() + _START_SECONDS
    while not (home / f"{name}.json").exists():
        if os.waitpid(pid, os.WNOHANG)[0] or time.monotonic() > until:
            raise RuntimeError(f"The test servers did not start:\n{log.read_text()}")
        time.sleep(0.05)


def _stop(pid: int) -> None:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        signal.pidfd_send_signal(handle, signal.SIGTERM)
        if not _ended(handle, _STOP_SECONDS):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        pass
    finally:
        os.close(handle)


def _ended(handle: int, seconds: float) -> bool:
    return bool(select.select([handle], [], [], seconds)[0])
