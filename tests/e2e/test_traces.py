"""One request is one trace: from the gateway through gRPC and SQL, over the outbox and NATS, into the worker that hears of it."""

import asyncio
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fakes.collector import Collector, Span, collecting

from local_mesh.addresses import API_SERVICES, WORKERS
from local_mesh.demo.student import Student

CREATE = "littlemonster.content.v1.VideoService/CreateVideo"
DELETE = "littlemonster.content.v1.VideoService/DeleteVideo"
pytestmark = pytest.mark.timeout(600)  # a mesh starts beside that of all tests
START_SECONDS = 150
CALLS, APPLIED = "rpc.server.call.duration", "messaging.process.duration"
MEASURED = {
    CALLS,
    APPLIED,
    "messaging.client.sent.messages",
    "db.client.operation.duration",
    "db.client.connection.count",
    "db.client.connection.max",
    "db.client.connection.pending_requests",
    "littlemonster.outbox.events",
    "littlemonster.outbox.age",
    "littlemonster.dead_letters",
    "littlemonster.signing_key.age",
    "littlemonster.signing_keys",
    "littlemonster.lesson.stage.duration",
}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own folder, which each session closes to PostgreSQL's user."""
    with tempfile.TemporaryDirectory(prefix="lm-test-") as folder:
        yield Path(folder)


@asynccontextmanager
async def mesh(home: Path, endpoint: str) -> AsyncIterator[str]:
    """A mesh of this test that tells the collector; yields the gateway's URL. What is buffered leaves as it stops."""
    variables = {"LM_HOME": str(home), "LM_GATEWAY_PORT": "0", "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    variables["OTEL_METRIC_EXPORT_INTERVAL"] = "2000"  # ms
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local_mesh.cli", "up"),
        env=os.environ | variables,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout
    try:
        async with asyncio.timeout(START_SECONDS):
            line = (await process.stdout.readline()).decode()
        found = re.fullmatch(r"gateway: (\S+)\n", line)
        assert found, line
        yield found[1]
    finally:
        process.send_signal(signal.SIGINT)
        await process.communicate()


async def ask_for_a_lesson_and_take_it_back(gateway: str, mail: Path) -> None:
    """A signed-in student posts a topic and, once a worker has it, deletes the video: an event that community hears of."""
    ada = Student("Ada", gateway, mail)
    await ada.register()
    await ada.verify()
    await ada.log_in()
    video = await ada.gateway.call("POST", "/v1/videos", {"topic": "Pythagorean theorem", "subject": "SUBJECT_MATH"})
    async with ada.gateway.events(f"/v1/videos/{video['id']}:watch") as changes:
        async for progress in changes:
            if progress["stage"] != "queued":
                break
    await ada.gateway.call("DELETE", f"/v1/videos/{video['id']}")
    await ada.gateway.close()


def named(spans: list[Span], kind: str, name: str, service: str = "") -> list[Span]:
    return [span for span in spans if (span.kind, span.name) == (kind, name) and service in span.service]


async def test_one_request_is_one_trace_from_the_gateway_to_the_worker_that_hears_of_it(folder: Path) -> None:
    async with collecting() as (collector, endpoint):
        async with mesh(folder, endpoint) as gateway:
            await ask_for_a_lesson_and_take_it_back(gateway, folder / "mail")
            await collector.until(lambda spans: named(spans, "CONSUMER", "process video.deleted", "community"))
            await collector.until(lambda spans: named(spans, "PRODUCER", "publish video.deleted"))
            await collector.until(lambda spans: named(spans, "SERVER", DELETE))
            await collector.until(entries)
            await collector.until(lambda spans: named(spans, "SERVER", CREATE))
            await collector.until(lambda spans: named(spans, "CONSUMER", "make lesson"))
            await collector.until(lambda _: {name for _, name, _ in collector.metrics} >= MEASURED)
            await collector.until(lambda _: ready(collector) == {*API_SERVICES, *WORKERS})
        check_trace(collector)
        check_lesson(collector)
        check_metrics(collector)


def entries(spans: list[Span]) -> list[Span]:
    """The gateway's part of the trace of the deletion; it tells the collector every few seconds only."""
    traces = {span.trace for span in named(spans, "SERVER", DELETE)}
    return [span for span in spans if span.service == "gateway" and span.trace in traces]


def check_trace(collector: Collector) -> None:
    (server,) = named(collector.spans, "SERVER", DELETE)
    trace = [span for span in collector.spans if span.trace == server.trace]
    by_id = {span.id: span for span in trace}
    assert "content" in server.service

    (entry,) = entries(collector.spans)
    assert server.parent == entry.id
    assert entry.parent == ""

    statements = [span for span in trace if span.kind == "CLIENT" and span.parent == server.id]
    assert statements
    assert all(span.attributes["db.system.name"] == "postgresql" for span in statements)
    assert all("Pythagorean" not in str(span.attributes) for span in trace)

    (published,) = named(trace, "PRODUCER", "publish video.deleted")
    assert by_id[published.parent] == server
    assert "content" in published.service
    assert published.service != server.service

    (heard,) = named(trace, "CONSUMER", "process video.deleted", "community")
    assert by_id[heard.parent] == published
    assert [span for span in trace if span.parent == heard.id and span.attributes.get("db.system.name")]


def check_lesson(collector: Collector) -> None:
    """The worker's part belongs to the request that asked for the lesson, and so does what it asks of inference."""
    (asked,) = named(collector.spans, "SERVER", CREATE)
    (made,) = named(collector.spans, "CONSUMER", "make lesson")
    assert (made.trace, made.parent) == (asked.trace, asked.id)
    assert [span for span in collector.spans if span.trace == made.trace and "inference" in span.service]


def ready(collector: Collector) -> set[str]:
    """The processes that say whether they are."""
    return {service for service, name, _ in collector.metrics if name == "littlemonster.ready"}


def check_metrics(collector: Collector) -> None:
    calls = [(service, attributes) for service, name, attributes in collector.metrics if name == CALLS]
    deletions = [
        attributes["rpc.response.status_code"]
        for service, attributes in calls
        if (service, attributes["rpc.method"]) == ("content", DELETE)
    ]
    assert "OK" in deletions
    heard = {
        attributes["messaging.consumer.group.name"] for _, name, attributes in collector.metrics if name == APPLIED
    }
    assert heard >= {"community"}
