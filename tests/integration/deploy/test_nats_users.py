"""What a service may do in NATS is what it does: held to the contracts and the code, and tried on a real server."""

import asyncio
import json
import re
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import pytest
from background import at_work

from content_service.clients.live import subject as progress_of
from local_mesh.credentials import Credentials
from local_mesh.ports import free_ports
from local_mesh.process import Child
from local_mesh.readiness import wait_until
from local_mesh.servers.nats import Nats
from local_mesh.servers.nats_users import PARTS, consumers, password_name
from servicekit.identity.revocation import BUCKET, RevokedSessions, revoke_session, watch_revocations
from servicekit.messaging.broker import DEAD_LETTERS, EVENTS, Broker, inbox_of
from servicekit.messaging.consumer import ensure_consumer
from servicekit.messaging.provision import provision

ROOT = Path(__file__).parents[3]
RECEIPT = "user.erased"  # declared by auth, sent by those who erased
STREAMS = (EVENTS, DEAD_LETTERS, f"KV_{BUCKET}")
FORBIDDEN = (
    *(f"$JS.API.STREAM.{do}.{stream}" for stream in STREAMS for do in ("CREATE", "UPDATE", "DELETE", "PURGE")),
    *(f"$JS.API.STREAM.MSG.{do}.{stream}" for stream in STREAMS for do in ("GET", "DELETE")),
    *(f"$JS.API.DIRECT.GET.{stream}" for stream in STREAMS),
    *(f"$JS.API.CONSUMER.{do}.{EVENTS}" for do in ("LIST", "NAMES", "CREATE")),
    *("$JS.API.STREAM.LIST", "$JS.API.STREAM.NAMES", "$JS.API.INFO", "$JS.API.STREAM.CREATE.MINE"),
    *("$SYS.REQ.SERVER.PING", "anything"),
)
CONSUMER_CHANGES = ("DELETE", "CREATE", "DURABLE.CREATE", "PAUSE", "RESET", "UNPIN", "LEADER.STEPDOWN")


def events_of(service):
    """The subjects that its contracts declare."""
    files = (ROOT / "protos/littlemonster" / service).glob("v1/*_events.proto")
    return {
        found for file in files for found in re.findall(r"^// ([a-z_]+\.[a-z_]+): ", file.read_text(), re.MULTILINE)
    }


ALL = {subject for service in PARTS for subject in events_of(service)}


def code_of(service):
    return "\n".join(file.read_text() for file in (ROOT / "services" / service / "src").rglob("*.py"))


@pytest.mark.parametrize("service", PARTS)
def test_a_service_may_publish_the_events_of_its_contracts_and_no_other(service):
    receipt = {RECEIPT} if "servicekit.personal_data.erasure import Erasure" in code_of(service) else set()
    assert set(PARTS[service].publishes) == events_of(service) - {RECEIPT} | receipt


@pytest.mark.parametrize("service", PARTS)
def test_a_service_has_the_consumers_that_its_code_names_with_the_subjects_it_applies(service):
    code, part = code_of(service), PARTS[service].consumers or {}
    assert set(part) == set(re.findall(r'\bdurable="([^"]+)"', code))
    assert {subject for subjects in part.values() for subject in subjects} == set(
        re.findall(r'\bon\(\s*"([^"]+)"', code)
    )


@pytest.mark.parametrize("service", PARTS)
def test_a_service_may_hear_and_tell_live_what_its_code_does(service):
    code, part = code_of(service), PARTS[service]
    progress = {progress_of("*")} if "subscribe(subject(" in code else set()
    assert set(part.hears) == set(re.findall(r'\bsubscribe\(\s*"([^"]+)"', code)) | progress
    assert set(part.tells) == progress
    assert part.ends_sessions == ("revoke_session(" in code)


@pytest.fixture(scope="module")
def where(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nats")
    return Nats(folder / "nats", free_ports(1)[0], Credentials(folder / "secrets"), durable=False)


@pytest.fixture
async def server(where):
    """A server with everything that the services use."""
    process = where.process()
    await process.prepare()
    child = await Child.start(process, where.data / "log")
    assert await wait_until(process.ready, 60)
    await provision(where.url, consumers())
    yield where
    await child.stop(grace_seconds=5)


class Line:
    """A service's bare connection: the server answers it in order, so that what is refused is known at once."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer

    async def refuses(self, *words):
        """Whether the server answers a line of the protocol by a violation."""
        self._writer.write(" ".join(words).encode() + b"\r\nPING\r\n")
        refused = False
        while (answer := await self._reader.readline()) != b"PONG\r\n":
            assert answer, "the server has hung up"
            refused |= answer.lower().startswith(b"-err 'permissions violation")
        return refused

    async def refuses_to_say(self, subject, reply=""):
        return await self.refuses("PUB", subject, reply, "0\r\n")

    async def refuses_to_hear(self, subject):
        return await self.refuses("SUB", subject, "1")


@asynccontextmanager
async def line(server, service):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    password = server.credentials.password(password_name(service))
    writer.write(b"CONNECT " + json.dumps({"user": service, "pass": password, "verbose": False}).encode() + b"\r\n")
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def client_of(server, service):
    client = await nats.connect(server.url_of(service), inbox_prefix=inbox_of(service))
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def operated(server):
    client = await nats.connect(server.url)
    try:
        yield client.jetstream()
    finally:
        await client.close()


async def test_a_service_publishes_its_own_events_alone(server):
    async with operated(server) as jetstream:
        for service, part in PARTS.items():
            async with client_of(server, service) as client:
                for subject in part.publishes:
                    await client.jetstream().publish(subject, b"")
            before = (await jetstream.stream_info(EVENTS)).state.last_seq
            async with line(server, service) as told:
                for subject in ALL - set(part.publishes):
                    assert await told.refuses_to_say(subject), (service, subject)
            assert (await jetstream.stream_info(EVENTS)).state.last_seq == before


async def test_a_service_reads_its_own_consumers_alone(server):
    for service, part in PARTS.items():
        own = part.consumers or {}
        async with client_of(server, service) as client:
            for durable in own:
                await ensure_consumer(client.jetstream(), durable, own[durable])
        async with line(server, service) as told:
            for durable in consumers():
                subjects = [f"$JS.API.CONSUMER.{do}.{EVENTS}.{durable}" for do in ("MSG.NEXT", "INFO")]
                for subject in (*subjects, f"$JS.ACK.{EVENTS}.{durable}.1.1.1.1.0", f"dead.{durable}.video.created"):
                    assert await told.refuses_to_say(subject) == (durable not in own), (service, subject)


async def test_a_service_makes_changes_and_removes_neither_streams_nor_consumers(server):
    for service in PARTS:
        async with line(server, service) as told:
            for subject in FORBIDDEN:
                assert await told.refuses_to_say(subject), (service, subject)
            for durable in (*consumers(), "mine"):
                subjects = [f"$JS.API.CONSUMER.{do}.{EVENTS}.{durable}" for do in CONSUMER_CHANGES]
                for subject in (*subjects, f"$JS.API.CONSUMER.CREATE.{EVENTS}.{durable}.user.deleted"):
                    assert await told.refuses_to_say(subject), (service, subject)
    async with operated(server) as jetstream:
        assert {info.name for info in await jetstream.consumers_info(EVENTS)} == set(consumers())


async def test_what_makes_a_passing_consumer_of_the_ended_sessions_makes_none_of_the_events(server):
    request = {"stream_name": EVENTS, "config": {"ack_policy": "none", "deliver_subject": "_INBOX.planner.x"}}
    async with client_of(server, "planner") as client:
        answer = await client.request(f"$JS.API.CONSUMER.CREATE.KV_{BUCKET}", json.dumps(request).encode(), timeout=30)
    assert json.loads(answer.data)["error"]["description"] == "stream name in subject does not match request"


async def test_a_service_hears_what_it_shows_live_and_its_own_answers_alone(server):
    every = {"user.*", "session.*", "video.*", "comment.*", "rating.*", "planner.*", "live.>", "live.video.*", *ALL}
    for service, part in PARTS.items():
        async with line(server, service) as told:
            own = {*part.hears, f"{inbox_of(service)}.>"}
            inboxes = {f"{inbox_of(other)}.>" for other in PARTS}
            for subject in {*every, *inboxes, *own, ">", "_INBOX.>", "$JS.>", f"$KV.{BUCKET}.>", "$SYS.>", "dead.>"}:
                within = subject in own or f"{subject.partition('.')[0]}.*" in own
                assert await told.refuses_to_hear(subject) != within, (service, subject)


async def test_everybody_hears_which_sessions_end_and_auth_alone_ends_them(server):
    for service, part in PARTS.items():
        async with line(server, service) as told:
            assert await told.refuses_to_say(f"$KV.{BUCKET}.session") != part.ends_sessions
            assert await told.refuses_to_say("$KV.other.session")
    auth = Broker(server.url_of("auth"), name="auth")
    await auth.connect()
    await revoke_session(auth, "told")
    await auth.close()
    for service in PARTS:
        broker, revoked = Broker(server.url_of(service), name=service), RevokedSessions()
        await broker.connect()

        async def heard(revoked=revoked):
            return "told" in revoked

        async with at_work(watch_revocations(broker, revoked)):
            assert await wait_until(heard, 60), service
        await broker.close()


async def test_an_event_cannot_be_made_to_pass_for_another(server):
    """An answer's address is the asker's to choose, also one where events are published."""
    async with operated(server) as jetstream, line(server, "planner") as told:
        await jetstream.publish("user.access_revoked", b"told")
        before = await published(jetstream, "user.deleted")
        assert not await told.refuses_to_say(f"$JS.API.CONSUMER.MSG.NEXT.{EVENTS}.planner-access", reply="user.deleted")

        async def delivered():
            return (await jetstream.consumer_info(EVENTS, "planner-access")).num_ack_pending

        assert await wait_until(delivered, 60)
        assert await published(jetstream, "user.deleted") == before


async def published(jetstream, subject):
    subjects = (await jetstream.stream_info(EVENTS, subjects_filter=subject)).state.subjects
    return (subjects or {}).get(subject, 0)


async def test_a_password_opens_its_own_user_only(server):
    password = server.credentials.password(password_name("planner"))
    for user in ("operator", "content", "nobody"):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await reader.readline()
        writer.write(b"CONNECT " + json.dumps({"user": user, "pass": password}).encode() + b"\r\nPING\r\n")
        assert await reader.readline() == b"-ERR 'Authorization Violation'\r\n"
        writer.close()
        await writer.wait_closed()
