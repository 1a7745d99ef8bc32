"""Auth and another service as processes of their own, for what only shows between two."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from conftest import Backing
from fakes.processes import running
from loopback import Loopback

from auth_service.clients.passwords import Argon2Passwords, Cost
from auth_service.domain.accounts import Registration, confirm, open_account
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.acting import AUTH
from local_mesh import keys
from local_mesh.environment import child_environment
from local_mesh.servers.databases import DatabaseUrls
from servicekit.caller import acting_as
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.ids import new_id

PASSWORD = "correct horse battery"
_PATIENCE = "socket_timeout=60&socket_connect_timeout=60&timeout=60"
"""A busy machine is no outage of Redis, in which each process counts for itself."""


@pytest.fixture
def account_email() -> str:
    """Of this test alone: Redis counts for how often somebody signs in."""
    return f"{new_id()}@example.org"


@pytest.fixture
async def auth_database(make_database: Callable[[str], DatabaseUrls], account_email: str) -> DatabaseUrls:
    """A database with one confirmed account, of that address."""
    urls = make_database("auth")
    database = Database(urls.app, name="auth")
    await database.open()
    with acting_as(AUTH):
        async with units_of_work(database)() as work:
            account = open_account(new_id(), Registration(account_email, "Ada", await hashed(), None), utc_now())
            await work.accounts.add(confirm(account, utc_now()))
    await database.close()
    return urls


async def hashed() -> str:
    """PASSWORD, cheaply."""
    passwords = Argon2Passwords(threads=1, cost=Cost(passes=1, memory_kib=8))
    try:
        return await passwords.hash(PASSWORD)
    finally:
        await passwords.close()


class Mesh:
    """Auth and planner, whose processes are started when a test says so."""

    def __init__(
        self, folder: Path, servers: Mapping[str, str], loopback: Loopback, databases: Mapping[str, str]
    ) -> None:
        keys.make_keys(folder, ["auth", "planner"])
        self.folder, self._servers, self._loopback = folder, servers, loopback
        self.databases = databases
        self._auth_address = ""

    @asynccontextmanager
    async def process(self, service: str, part: str = "main") -> AsyncIterator[str]:
        environment = child_environment(
            LM_LISTEN="127.0.0.1:0",
            LM_DATABASE_URL=self.databases[service],
            **self._servers,
            LM_AUTH_ADDRESS=self._auth_address or "127.0.0.1:1",
            LM_SERVICE_KEY_FILE=str(keys.key_file(self.folder, service)),
            LM_SERVICE_KEYS_FILE=str(self.folder / keys.PUBLIC_KEYS),
            LM_VAULT_KEY_FILE=str(self.folder / keys.VAULT_KEY),
            LM_SIGNING_KEYS_DIR=str(self.folder / keys.SIGNING_KEYS),
        )
        async with running(f"{service}_service.{part}", environment, self._loopback) as address:
            if (service, part) == ("auth", "main"):
                self._auth_address = address
            yield address


@pytest.fixture
def mesh_of_two(
    tmp_path: Path,
    backing: Backing,
    own_nats: str,
    loopback: Loopback,
    auth_database: DatabaseUrls,
    make_database: Callable[[str], DatabaseUrls],
) -> Mesh:
    """Nothing of it runs yet."""
    servers = {"LM_NATS_URL": own_nats, "LM_REDIS_URL": f"{backing.redis_url}?{_PATIENCE}"}
    databases = {"auth": auth_database.app, "planner": make_database("planner").app}
    return Mesh(tmp_path / "keys", servers, loopback, databases)
