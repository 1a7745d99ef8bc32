"""Whoever names an address sees the same done for it, statement by statement and row by row, whatever account it has."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import grpc
import psycopg
import pytest
from integration.auth.conftest import PASSWORD, Running, bearer
from integration.auth.test_registration_races import opened_unconfirmed
from integration.auth.test_users import admin
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from auth_service.domain.accounts import MAIL_INTERVAL
from auth_service.errors import EmailNotVerified
from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from littlemonster.auth.v1 import user_service_pb2 as user_pb2
from servicekit.errors import ServiceError
from servicekit.ids import new_id
from servicekit.telemetry import traces

STRANGER = "a stranger's own password"
KINDS = ("free", "waiting", "confirmed", "suspended", "leaving", "unconfirmed of an earlier version")
COUNT_ROWS = """
CREATE TABLE written (position bigserial, what text);
CREATE FUNCTION write_down() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
  $$ BEGIN INSERT INTO public.written (what) VALUES (TG_OP || ' ' || TG_TABLE_NAME); RETURN NULL; END $$;
DO $$ DECLARE each text; BEGIN
  FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'written'
  LOOP EXECUTE format('CREATE TRIGGER written AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW '
                      'EXECUTE FUNCTION write_down()', each); END LOOP;
END $$
"""


class Recorder:
    """Every statement of a call, and every row it wrote, of whichever table."""

    def __init__(self, running: Running, spans: InMemorySpanExporter) -> None:
        self._owner = psycopg.connect(running.urls.owner, autocommit=True)
        self._owner.execute(COUNT_ROWS)
        self._spans = spans

    def close(self) -> None:
        self._owner.close()

    async def during(self, call: Awaitable[Any]) -> dict[str, Any]:
        self._spans.clear()
        self._owner.execute("TRUNCATE written")
        answer = await outcome(call)
        rows = self._owner.execute("SELECT what FROM written ORDER BY position").fetchall()
        texts = [(span.attributes or {}).get("db.query.text") for span in self._spans.get_finished_spans()]
        return {"answer": answer, "rows": [row[0] for row in rows], "statements": [text for text in texts if text]}


async def outcome(call: Awaitable[Any]) -> Any:
    """What the caller is told: the answer, or everything about the refusal."""
    try:
        return await call
    except ServiceError as refusal:
        return type(refusal), str(refusal), refusal.fields, refusal.metadata, refusal.retry_after


@pytest.fixture
def recorder(running: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """Over every table of auth's database."""
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setattr(traces, "_tracer", provider.get_tracer("test"))
    made = Recorder(running, spans)
    yield made
    made.close()


async def prepared(running: Running, kind: str) -> str:
    """An address whose account is of that kind."""
    email = f"{new_id()}@example.org"
    if kind == "free":
        return email
    if kind == "unconfirmed of an earlier version":
        _, _, email = await opened_unconfirmed(running)
        return email
    if kind == "waiting":
        await running.register(email)
        await running.delivery.deliver_due()
        return email
    await running.verified(email)
    tokens = await running.log_in(email)
    if kind == "suspended":
        suspend = user_pb2.UpdateUserRequest(user_id=tokens.user_id, suspended=True)
        await running.users.UpdateUser(suspend, metadata=bearer(await admin(running)))
    elif kind == "leaving":
        await running.users.DeleteMe(user_pb2.DeleteMeRequest(), metadata=bearer(tokens))
    return email


Call = Callable[[Running, str], Awaitable[Any]]


def register(running: Running, email: str) -> Awaitable[Any]:
    return running.auth.Register(auth_pb2.RegisterRequest(email=email, password=STRANGER, display_name="Mallory"))


def register_badly(running: Running, email: str) -> Awaitable[Any]:
    return running.auth.Register(auth_pb2.RegisterRequest(email=email, password="password1234", display_name="Mallory"))


def resend(running: Running, email: str) -> Awaitable[Any]:
    return running.auth.ResendVerification(auth_pb2.ResendVerificationRequest(email=email))


def forgot(running: Running, email: str) -> Awaitable[Any]:
    return running.auth.ForgotPassword(auth_pb2.ForgotPasswordRequest(email=email))


def guess(running: Running, email: str) -> Awaitable[Any]:
    return running.log_in(email, "a wrong password")


def log_in_as_registered(running: Running, email: str) -> Awaitable[Any]:
    return running.log_in(email, STRANGER)


@pytest.mark.parametrize("call", [register, register_badly, resend, forgot, guess])
async def test_a_call_does_the_same_for_every_address(running: Running, recorder: Recorder, call: Call) -> None:
    emails = {kind: await prepared(running, kind) for kind in KINDS}
    running.clock.advance(MAIL_INTERVAL)
    recorded = {kind: await recorder.during(call(running, email)) for kind, email in emails.items()}
    free = recorded["free"]
    assert recorded == dict.fromkeys(KINDS, free)
    assert free["statements"]
    assert bool(free["rows"]) is (call is not register_badly)


async def test_who_registers_an_address_learns_nothing_by_signing_in(running: Running, recorder: Recorder) -> None:
    emails = {kind: await prepared(running, kind) for kind in KINDS}
    for email in emails.values():
        await register(running, email)
        await running.register(email)
    await running.delivery.deliver_due()
    recorded = {kind: await recorder.during(log_in_as_registered(running, email)) for kind, email in emails.items()}
    assert recorded == dict.fromkeys(KINDS, recorded["free"])
    assert recorded["free"]["answer"][0] is EmailNotVerified
    assert recorded["free"]["rows"]


async def test_wishing_for_an_address_does_the_same_whoever_has_it(running: Running, recorder: Recorder) -> None:
    recorded = {}
    for kind in KINDS:
        wished = await prepared(running, kind)
        me = f"{new_id()}@example.org"
        await running.verified(me)
        mine = bearer(await running.log_in(me))
        request = user_pb2.ChangeEmailRequest(new_email=wished)
        recorded[kind] = await recorder.during(running.users.ChangeEmail(request, metadata=mine))
    assert recorded == dict.fromkeys(KINDS, recorded["free"])
    assert "INSERT mails" in recorded["free"]["rows"]


async def test_what_a_call_carries_besides_its_answer_is_the_same_for_every_address(running: Running) -> None:
    carried = []
    for kind in ("free", "confirmed"):
        call = running.auth.Register(
            auth_pb2.RegisterRequest(email=await prepared(running, kind), password=PASSWORD, display_name="Mallory")
        )
        assert isinstance(call, grpc.aio.UnaryUnaryCall)
        answer = await call
        carried.append((answer.ByteSize(), await call.initial_metadata(), await call.trailing_metadata()))
    assert carried[0] == carried[1]
