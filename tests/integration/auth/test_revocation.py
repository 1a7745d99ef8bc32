"""Signing out ends a session in services that never ask auth: real processes, one NATS."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from conftest import Backing
from fakes.processes import running
from integration.auth.conftest import PASSWORD, bearer
from loopback import Loopback, Metadata

from auth_service.clients.passwords import Argon2Passwords, Cost
from auth_service.domain.accounts import Registration, confirm, open_account
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.acting import AUTH
from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from littlemonster.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from littlemonster.planner.v1.planner_service_pb2 import ListEventsRequest
from littlemonster.planner.v1.planner_service_pb2_grpc import PlannerServiceStub
from local_mesh import keys
from local_mesh.environment import child_environment
from local_mesh.servers.databases import DatabaseUrls
from servicekit.caller import acting_as
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.identity.revocation import SessionRevoked
from servicekit.ids import new_id

PATIENCE_SECONDS = 20
EMAIL = f"{new_id()}@example.org"


@pytest.fixture
async def auth_database(make_database: Callable[[str], DatabaseUrls]) -> DatabaseUrls:
    """A database with one confirmed account."""
    urls = make_database("auth")
    database = Database(urls.app, name="auth")
    await database.open()
    passwords = Argon2Passwords(threads=1, cost=Cost(passes=1, memory_kib=8))
    hashed = await passwords.hash(PASSWORD)
    with acting_as(AUTH):
        async with units_of_work(database)() as work:
            account = open_account(new_id(), Registration(EMAIL, "Ada", hashed, None), utc_now())
            await work.accounts.add(confirm(account, utc_now()))
    await passwords.close()
    await database.close()
    return urls


class Mesh:
    """Auth and planner, whose processes are started when a test says so."""

    def __init__(self, folder: Path, backing: Backing, loopback: Loopback, auth: DatabaseUrls, planner: str) -> None:
        keys.make_keys(folder, ["auth", "planner"])
        self._folder, self._backing, self._loopback = folder, backing, loopback
        self._databases = {"auth": auth.app, "planner": planner}
        self._auth_address = ""

    @asynccontextmanager
    async def process(self, service: str, part: str = "main") -> AsyncIterator[str]:
        environment = child_environment(
            LM_LISTEN="127.0.0.1:0",
            LM_DATABASE_URL=self._databases[service],
            LM_NATS_URL=self._backing.nats_url,
            LM_REDIS_URL=self._backing.redis_url,
            LM_AUTH_ADDRESS=self._auth_address or "127.0.0.1:1",
            LM_SERVICE_KEY_FILE=str(keys.key_file(self._folder, service)),
            LM_SERVICE_KEYS_FILE=str(self._folder / keys.PUBLIC_KEYS),
            LM_VAULT_KEY_FILE=str(self._folder / keys.VAULT_KEY),
            LM_SIGNING_KEY_FILE=str(keys.key_file(self._folder, keys.SIGNING_KEY)),
        )
        async with running(f"{service}_service.{part}", environment, self._loopback) as address:
            if (service, part) == ("auth", "main"):
                self._auth_address = address
            yield address


@pytest.fixture
def mesh_of_two(
    tmp_path: Path,
    backing: Backing,
    loopback: Loopback,
    auth_database: DatabaseUrls,
    make_database: Callable[[str], DatabaseUrls],
) -> Mesh:
    """Nothing of it runs yet."""
    return Mesh(tmp_path / "keys", backing, loopback, auth_database, make_database("planner").app)


async def ask_on(planner: PlannerServiceStub, metadata: Metadata) -> None:
    """Asks until it is refused."""
    while True:
        await planner.ListEvents(ListEventsRequest(), metadata=metadata)


async def refused(planner: PlannerServiceStub, metadata: Metadata) -> None:
    with pytest.raises(SessionRevoked):
        await asyncio.wait_for(ask_on(planner, metadata), PATIENCE_SECONDS)


async def test_a_session_that_was_ended_is_refused_by_another_service_also_one_that_starts_later(
    mesh_of_two: Mesh, loopback: Loopback
) -> None:
    async with mesh_of_two.process("auth") as address:
        auth = AuthServiceStub(loopback.channel(address))
        request = auth_pb2.LoginRequest(email=EMAIL, password=PASSWORD)
        ended, living = await auth.Login(request), await auth.Login(request)
        async with mesh_of_two.process("planner") as early:
            planner = PlannerServiceStub(loopback.channel(early))
            for tokens in (ended, living):
                await planner.ListEvents(ListEventsRequest(), metadata=bearer(tokens))
            # The worker, which tells the others, is away at first: as after a crash.
            await auth.Logout(auth_pb2.LogoutRequest(), metadata=bearer(ended))
            await planner.ListEvents(ListEventsRequest(), metadata=bearer(ended))
            async with mesh_of_two.process("auth", "worker"):
                await refused(planner, bearer(ended))
            await planner.ListEvents(ListEventsRequest(), metadata=bearer(living))
        async with mesh_of_two.process("planner") as late:
            planner = PlannerServiceStub(loopback.channel(late))
            await refused(planner, bearer(ended))
            await planner.ListEvents(ListEventsRequest(), metadata=bearer(living))
