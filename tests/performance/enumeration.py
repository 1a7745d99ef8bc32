"""Whether the time of an answer tells if an address has an account: `python -m tests.performance.enumeration [PAIRS]`.

Serves auth over gRPC beside a PostgreSQL and a Redis of its own, and asks about an address that has an account and one that has
none, in turn, each address once: with the password hash of production, and with one that costs nothing, beside which every
other difference shows. Prints the ratio of the medians and the AUC of the rank test (Mann and Whitney): how often a known
address took longer than an unknown one. 0.5 is chance; of 300 pairs that tell nothing, 19 of 20 runs lie within 0.05 of it.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import psycopg
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fakes.auth.keys import key_source

from auth_service.clients.passwords import Argon2Passwords, Cost
from auth_service.clients.signing import Ed25519Signer
from auth_service.clients.vault import FernetVault
from auth_service.domain.accounts import Registration, confirm, open_account
from auth_service.main import compose
from auth_service.storage.attempts import LocalAttempts, RedisAttempts, ResilientAttempts, connect_redis
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.acting import AUTH
from littlemonster.auth.v1 import auth_service_pb2 as pb2
from littlemonster.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from local_mesh.credentials import Credentials
from local_mesh.ports import free_ports
from local_mesh.servers import databases
from local_mesh.servers.postgres import Postgres
from local_mesh.servers.redis import Redis
from local_mesh.supervisor import Supervisor
from servicekit import migrate
from servicekit.caller import acting_as
from servicekit.client import open_channel
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.errors import ServiceError
from servicekit.health import Health
from servicekit.identity.keys import StaticKeys
from servicekit.identity.tokens import TokenVerifier
from servicekit.ids import new_id
from servicekit.server import Server

_PAIRS = 300
_PASSWORD = "zq8#Lw!pT2"  # of nobody; short, so that estimating its strength takes little time
_COSTS = {"production": Cost(), "next to none": Cost(passes=1, memory_kib=8)}
Call = Callable[[AuthServiceStub, str, tuple[tuple[str, str], ...]], Awaitable[object]]
CALLS: dict[str, Call] = {
    "register": lambda auth, email, network: auth.Register(
        pb2.RegisterRequest(email=email, password=_PASSWORD, display_name="Ada"), metadata=network
    ),
    "login": lambda auth, email, network: auth.Login(
        pb2.LoginRequest(email=email, password=_PASSWORD), metadata=network
    ),
    "password/forgot": lambda auth, email, network: auth.ForgotPassword(
        pb2.ForgotPasswordRequest(email=email), metadata=network
    ),
    "resend-verification": lambda auth, email, network: auth.ResendVerification(
        pb2.ResendVerificationRequest(email=email), metadata=network
    ),
}


@asynccontextmanager
async def stores(home: Path) -> AsyncIterator[tuple[str, str]]:
    """URLs of a migrated database of auth and of a Redis."""
    credentials, (postgres_port, redis_port) = Credentials(home / "secrets"), free_ports(2)
    postgres = Postgres(home / "postgres", home / "initdb.log", postgres_port, credentials)
    redis = Redis(home / "redis", redis_port, credentials)
    supervisor = Supervisor([postgres.process(), redis.process()], home / "logs")
    try:
        await supervisor.start()
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            databases.make_roles(connection, "auth", credentials)
            databases.make_database(connection, "auth", "auth")
        with psycopg.connect(databases.in_database(postgres.url, "auth"), autocommit=True) as inside:
            databases.grant(inside, "auth")
        urls = databases.urls(postgres.url, "auth", credentials, "auth")
        migrate.upgrade("auth", urls.owner)
        yield urls.app, redis.url
    finally:
        await supervisor.stop()


@asynccontextmanager
async def served(database: Database, redis_url: str, cost: Cost) -> AsyncIterator[AuthServiceStub]:
    """Auth as in production but for its clients' tokens, which nobody has, and perhaps its hash."""
    async with AsyncExitStack() as stack:
        signer, passwords = Ed25519Signer(Ed25519PrivateKey.generate()), Argon2Passwords(threads=2, cost=cost)
        stack.push_async_callback(passwords.close)
        redis = connect_redis(redis_url)
        stack.push_async_callback(redis.aclose)
        attempts = ResilientAttempts(RedisAttempts(redis), LocalAttempts())
        vault = FernetVault([Fernet.generate_key().decode()])
        services = compose(database, signer, passwords, attempts, [], utc_now, vault)
        server = Server("127.0.0.1:0", TokenVerifier(key_source(signer), StaticKeys({})), services, Health())
        port = await server.start()
        stack.push_async_callback(server.stop, 0)
        channel = open_channel(f"127.0.0.1:{port}", "test", None)
        stack.push_async_callback(channel.close)
        yield AuthServiceStub(channel)


async def known(database: Database, cost: Cost, number: int) -> list[str]:
    """Addresses that have confirmed accounts, all with one password, which nobody knows."""
    passwords = Argon2Passwords(threads=1, cost=cost)
    hashed, emails = await passwords.hash(new_id()), [f"{new_id()}@example.org" for _ in range(number)]
    await passwords.close()
    with acting_as(AUTH):
        for email in emails:
            account = confirm(open_account(new_id(), Registration(email, "Ada", hashed, None), utc_now()), utc_now())
            async with units_of_work(database)() as work:
                await work.accounts.add(account)
    return emails


async def measure(auth: AuthServiceStub, call: Call, emails: Sequence[str]) -> tuple[list[float], list[float]]:
    """Seconds of each answer about a known and about an unknown address, in turn, each pair in an order of its own."""
    times: tuple[list[float], list[float]] = ([], [])
    for email in emails:
        pair = [(email, times[0]), (f"{new_id()}@example.org", times[1])]
        random.shuffle(pair)
        for address, into in pair:
            network = (("x-envoy-external-address", f"10.{random.randrange(256)}.{random.randrange(256)}.7"),)
            before = time.perf_counter()
            with suppress(ServiceError):  # that of a sign-in
                await call(auth, address, network)
            into.append(time.perf_counter() - before)
    return times


def auc(longer: Sequence[float], shorter: Sequence[float]) -> float:
    """How often one of the first is greater than one of the second, ties by half."""
    ranked = sorted(shorter)
    wins = sum(bisect_left(ranked, each) + bisect_right(ranked, each) for each in longer)
    return wins / 2 / len(longer) / len(ranked)


async def compared(database_url: str, redis_url: str, pairs: int) -> AsyncIterator[str]:
    """A line for each hash and call, as soon as it is measured."""
    database = Database(database_url, name="auth", size=8)
    await database.open()
    for name, cost in _COSTS.items():
        async with served(database, redis_url, cost) as auth:
            for title, call in CALLS.items():
                await measure(auth, call, await known(database, cost, min(10, pairs)))  # warm
                one, other = await measure(auth, call, await known(database, cost, pairs))
                medians = [statistics.median(times) * 1000 for times in (one, other)]
                figures = f"{medians[0]:>10.2f}{medians[1]:>12.2f}{medians[0] / medians[1]:>8.3f}"
                yield f"{name:<14}{title:<21}{figures}{auc(one, other):>7.3f}"
    await database.close()


async def main() -> None:
    """Prints the table."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else _PAIRS
    print(f"{'hash':<14}{'call':<21}{'known ms':>10}{'unknown ms':>12}{'ratio':>8}{'AUC':>7}")
    with tempfile.TemporaryDirectory(prefix="lm-enumeration-") as folder:
        async with stores(Path(folder)) as urls:
            async for line in compared(*urls, pairs):
                print(line, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
