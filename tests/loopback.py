"""Services on loopback in the test's own event loop, called as anybody: through the real server, client and tokens."""

import socket
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from local_mesh.addresses import API_SERVICES
from servicekit.client import open_channel
from servicekit.health import Health
from servicekit.identity.keys import StaticKeys
from servicekit.identity.tokens import ALGORITHM, AUDIENCE, ISSUER, TYPE, ServiceTokens, TokenVerifier
from servicekit.ids import new_id
from servicekit.server import Registration, Server

Metadata = tuple[tuple[str, str], ...]
KID = "test"
PATIENCE_SECONDS = 60
"""For a call that states no deadline itself: the machine may be busy."""


@dataclass(frozen=True, slots=True)
class Loopback:
    """Starts servers and signs tokens that they accept."""

    stack: AsyncExitStack
    account_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    service_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def verifier(self) -> TokenVerifier:
        """Accepts what `as_user` signs, and every service of the mesh, which have one key here."""
        accounts = StaticKeys({KID: self.account_key.public_key()})
        return TokenVerifier(accounts, StaticKeys(dict.fromkeys(API_SERVICES, self.service_key.public_key())))

    def token(self, user_id: str, role: str = "STUDENT", **claims: object) -> str:
        """An access token; `claims` replace those it would have."""
        now = int(time.time())
        usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": user_id, "sid": new_id(), "role": role}
        times = {"iat": now, "exp": now + 600}
        return jwt.encode(usual | times | claims, self.account_key, ALGORITHM, headers={"kid": KID, "typ": TYPE})

    def as_user(self, user_id: str, role: str = "STUDENT") -> Metadata:
        """Call metadata of a signed-in account: `stub.Method(request, metadata=loopback.as_user(id))`."""
        return (("authorization", f"Bearer {self.token(user_id, role)}"),)

    async def serve(self, services: Sequence[Registration], verifier: TokenVerifier | None = None) -> str:
        """Serves until the test ends. Returns host:port."""
        server = Server("127.0.0.1:0", verifier or self.verifier(), services, Health())
        port = await server.start()
        self.stack.push_async_callback(server.stop, 0)
        return f"127.0.0.1:{port}"

    def channel(self, address: str, *, as_service: str = "") -> grpc.aio.Channel:
        """A channel whose errors are ServiceErrors; anonymous without metadata of the call's own or the name of a service."""
        tokens = ServiceTokens(as_service, self.service_key) if as_service else None
        channel = open_channel(address, "test", tokens, seconds=PATIENCE_SECONDS)
        self.stack.push_async_callback(channel.close)
        return channel


@pytest.fixture
def closed_port() -> Iterator[int]:
    """One where nobody listens and nobody else can begin to."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture
async def loopback() -> AsyncIterator[Loopback]:
    """Servers and clients of one test."""
    async with AsyncExitStack() as stack:
        yield Loopback(stack)
