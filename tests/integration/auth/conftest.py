"""Auth on loopback: the real server, PostgreSQL, Redis and tokens; only the hashing is cheap and the mail stays here."""

from collections.abc import AsyncIterator, Callable

import pytest
from conftest import Backing
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fakes.auth.clock import ManualClock
from fakes.auth.keys import key_source
from fakes.auth.mail import MemoryMailer, PlainLetters
from integration.auth.exporting import exporting, peers, planner  # noqa: F401  # fixtures
from integration.auth.racing import two  # noqa: F401  # a fixture
from integration.auth.running import PASSWORD, Running, bearer  # noqa: F401  # what tests import from here
from integration.auth.two_services import account_email, auth_database, mesh_of_two  # noqa: F401  # fixtures
from loopback import Loopback

from auth_service.clients.passwords import Argon2Passwords, Cost
from auth_service.clients.signing import Ed25519Signer
from auth_service.clients.vault import FernetVault
from auth_service.main import compose
from auth_service.storage.attempts import LocalAttempts, RedisAttempts, ResilientAttempts, connect_redis
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.mailing import MailDelivery
from littlemonster.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from littlemonster.auth.v1.user_service_pb2_grpc import UserServiceStub
from local_mesh.servers.databases import DatabaseUrls
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.identity.keys import StaticKeys
from servicekit.identity.tokens import TokenVerifier

PATIENCE_SECONDS = 60
"""A busy machine is no outage of Redis."""


@pytest.fixture
async def running(
    make_database: Callable[[str], DatabaseUrls], redis_url: str, loopback: Loopback, signer: Ed25519Signer
) -> AsyncIterator[Running]:
    """Auth with an empty database."""
    urls = make_database("auth")
    database = Database(urls.app, name="auth", size=8)
    await database.open()
    redis = connect_redis(redis_url, PATIENCE_SECONDS, PATIENCE_SECONDS)
    passwords = Argon2Passwords(threads=8, cost=Cost(passes=1, memory_kib=8))
    clock = ManualClock(utc_now())
    attempts = ResilientAttempts(RedisAttempts(redis), LocalAttempts())
    vault = FernetVault([Fernet.generate_key().decode()])
    services = compose(database, signer, passwords, attempts, [], clock, vault)
    verifier = TokenVerifier(key_source(signer), StaticKeys({}))
    channel = loopback.channel(await loopback.serve(services, verifier))
    mailer = MemoryMailer()
    delivery = MailDelivery(units_of_work(database), PlainLetters(), mailer, clock)
    yield Running(AuthServiceStub(channel), UserServiceStub(channel), database, clock, mailer, delivery, urls)
    await passwords.close()
    await redis.aclose()
    await database.close()


@pytest.fixture
def signer() -> Ed25519Signer:
    """A key made for this test."""
    return Ed25519Signer(Ed25519PrivateKey.generate())


@pytest.fixture
def redis_url(backing: Backing) -> str:
    """Where failed sign-ins are counted."""
    return backing.redis_url
