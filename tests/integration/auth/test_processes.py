"""The API and the worker as the mesh starts them: two processes that share a database, a broker and a mail server."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from conftest import Backing
from integration.auth.conftest import PASSWORD, bearer
from loopback import Loopback

from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from littlemonster.auth.v1 import user_service_pb2 as user_pb2
from littlemonster.auth.v1.auth_events_pb2 import SessionRevoked
from littlemonster.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from littlemonster.auth.v1.user_service_pb2_grpc import UserServiceStub
from local_mesh import keys
from local_mesh.environment import child_environment
from local_mesh.servers.databases import DatabaseUrls
from servicekit.ids import new_id
from servicekit.messaging.broker import Broker


class _Inbox(asyncio.Queue[EmailMessage]):
    """aiosmtpd's hook: mails in the order they came."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        await self.put(message)
        return "250 Kept"


@pytest.fixture
async def inbox() -> AsyncIterator[tuple[_Inbox, str]]:
    """A mail server of this test, and its URL."""
    mails, loop = _Inbox(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mails, loop=loop, hostname="localhost"), "127.0.0.1", 0)
    yield mails, f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await server.wait_closed()


@pytest.fixture
def environment(
    make_database: Callable[[str], DatabaseUrls],
    backing: Backing,
    own_nats: str,
    tmp_path: Path,
    inbox: tuple[_Inbox, str],
) -> dict[str, str]:
    """What both processes are told."""
    folder = tmp_path / "keys"
    keys.make_keys(folder, ["auth"])
    return dict(
        child_environment(
            LM_DATABASE_URL=make_database("auth").app,
            LM_NATS_URL=own_nats,
            LM_REDIS_URL=backing.redis_url,
            LM_SMTP_URL=inbox[1],
            LM_SERVICE_KEY_FILE=str(keys.key_file(folder, "auth")),
            LM_SERVICE_KEYS_FILE=str(folder / keys.PUBLIC_KEYS),
            LM_VAULT_KEY_FILE=str(folder / keys.VAULT_KEY),
            LM_SIGNING_KEYS_DIR=str(folder / keys.SIGNING_KEYS),
            LM_PUBLIC_URL="https://school.example.org",
        )
    )


async def start(module: str, environment: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


@asynccontextmanager
async def running(module: str, environment: dict[str, str]) -> AsyncIterator[str]:
    """The process while the block lasts; yields host:port once it listens. It ends well when asked to, and tells no secret."""
    process = await start(module, environment)
    try:
        port, said = await listening(process)
        yield f"127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.terminate()
        rest, _ = await process.communicate()
    assert process.returncode == 0, (said + rest).decode()
    assert PASSWORD.encode() not in said + rest


async def listening(process: asyncio.subprocess.Process) -> tuple[int, bytes]:
    """The port, once the process says it, and all that it has said."""
    assert process.stdout
    said = b""
    async for line in process.stdout:
        said += line
        if line.startswith(b"{") and json.loads(line)["message"] == "listening":
            return json.loads(line)["port"], said
    raise AssertionError(said.decode())


async def test_a_registration_reaches_the_mailbox_and_a_sign_out_the_other_services(
    environment: dict[str, str], inbox: tuple[_Inbox, str], own_nats: str, loopback: Loopback
) -> None:
    email = f"{new_id()}@example.org"
    broker = Broker(own_nats, name="test")
    await broker.connect()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(broker.close)
        api = await stack.enter_async_context(running("auth_service.main", environment))
        await stack.enter_async_context(running("auth_service.worker", environment))
        channel = loopback.channel(api)
        auth, users = AuthServiceStub(channel), UserServiceStub(channel)

        await auth.Register(auth_pb2.RegisterRequest(email=email, password=PASSWORD, display_name="Ada"))
        mail = await inbox[0].get()
        assert mail["To"] == email
        body = mail.get_body(("plain",))
        assert body is not None
        (token,) = [line for line in body.get_content().splitlines() if len(line) == 43 and " " not in line]
        await auth.VerifyEmail(auth_pb2.VerifyEmailRequest(token=token))

        tokens = await auth.Login(auth_pb2.LoginRequest(email=email, password=PASSWORD))
        me = await users.GetMe(user_pb2.GetMeRequest(), metadata=bearer(tokens))
        assert me.email == email
        async with broker.subscribe("session.revoked") as events:
            await auth.Logout(auth_pb2.LogoutRequest(), metadata=bearer(tokens))
            async for event in events:
                if SessionRevoked.FromString(event.data).user_id == tokens.user_id:
                    break


async def test_a_signing_key_that_others_may_read_stops_the_start(environment: dict[str, str]) -> None:
    (Path(environment["LM_SIGNING_KEYS_DIR"]) / "first.pem").chmod(0o640)
    process = await start("auth_service.main", environment)
    output, _ = await process.communicate()
    assert process.returncode == 1
    assert "chmod 600" in output.decode()


@pytest.mark.parametrize(
    ("module", "variable", "value"),
    [
        ("auth_service.main", "LM_SIGNING_KEYS_DIR", None),
        ("auth_service.main", "LM_PASSWORD_THREADS", "0"),
        ("auth_service.worker", "LM_MAIL_FROM", "nobody"),
        ("auth_service.worker", "LM_SMTP_URL", "http://localhost"),
    ],
)
async def test_a_setting_that_is_wrong_is_named(
    environment: dict[str, str], module: str, variable: str, value: str | None
) -> None:
    told = {name: text for name, text in environment.items() if name != variable}
    process = await start(module, told | ({variable: value} if value is not None else {}))
    output, _ = await process.communicate()
    assert process.returncode == 1
    assert variable in output.decode()


async def test_the_worker_needs_no_signing_key(environment: dict[str, str]) -> None:
    del environment["LM_SIGNING_KEYS_DIR"]
    async with running("auth_service.worker", environment) as address:
        assert address
