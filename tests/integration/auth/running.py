"""Auth as its clients meet it in these tests."""

from dataclasses import dataclass, field

from fakes.auth.clock import ManualClock
from fakes.auth.mail import MemoryMailer
from loopback import Metadata

from auth_service.use_cases.mailing import MailDelivery
from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from littlemonster.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from littlemonster.auth.v1.user_service_pb2_grpc import UserServiceStub
from local_mesh.servers.databases import DatabaseUrls
from servicekit.database import Database
from servicekit.ids import new_id

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Running:
    """Auth as its clients meet it, and what they cannot see."""

    auth: AuthServiceStub
    users: UserServiceStub
    database: Database
    clock: ManualClock
    mailer: MemoryMailer
    delivery: MailDelivery
    urls: DatabaseUrls
    # Of this test alone: Redis, which counts failures by address, is shared with other tests.
    email: str = field(default_factory=lambda: f"{new_id()}@example.org")

    async def register(self, email: str | None = None, password: str = PASSWORD) -> None:
        request = auth_pb2.RegisterRequest(email=email or self.email, password=password, display_name="Ada")
        await self.auth.Register(request)

    async def mailed_token(self, email: str | None = None) -> str:
        """The token in the newest letter that has one, after sending what is due. Letters of one batch go out in any order:
        where several people wait for theirs, say whose."""
        await self.delivery.deliver_due()
        return [one.text for _, one in self.mailer.taken if one.text and email in (None, one.recipient)][-1]

    async def verified(self, email: str | None = None) -> None:
        """With the letter that says so."""
        await self.register(email)
        await self.auth.VerifyEmail(auth_pb2.VerifyEmailRequest(token=await self.mailed_token(email or self.email)))
        await self.delivery.deliver_due()

    async def log_in(self, email: str | None = None, password: str = PASSWORD, address: str = "") -> auth_pb2.Tokens:
        request = auth_pb2.LoginRequest(email=email or self.email, password=password)
        return await self.auth.Login(request, metadata=(("x-envoy-external-address", address),))

    async def refresh(self, token: str) -> auth_pb2.Tokens:
        return await self.auth.RefreshToken(auth_pb2.RefreshTokenRequest(refresh_token=token))


def bearer(tokens: auth_pb2.Tokens) -> Metadata:
    """Call metadata of the tokens' owner."""
    return (("authorization", f"Bearer {tokens.access_token}"),)
