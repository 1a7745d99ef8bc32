"""Spans of calls, statements and messages. Without an exporter they only carry the caller's trace id into logs and events."""

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import lru_cache

from opentelemetry import metrics, trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from servicekit.telemetry.measures import SECONDS

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_tracer = trace.get_tracer("servicekit")
_UNRECORDED = nullcontext()
_statements = metrics.get_meter("servicekit").create_histogram(
    "db.client.operation.duration",
    unit="s",
    description="Duration of statements",
    explicit_bucket_boundaries_advisory=SECONDS,
)
# Not baggage: what a client puts there would travel to every service and into every event.
_propagator = TraceContextTextMapPropagator()


def configure(service: str) -> None:
    """Exports to the endpoint in OTEL_EXPORTER_OTLP_ENDPOINT, if there is one. The SDK is imported only then: it is slow."""
    if not os.environ.get(ENDPOINT):
        return
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # Two processes of one name must not pass for one whose figures jump.
    instance = f"{socket.gethostname()}:{os.getpid()}"
    resource = Resource.create(
        {"service.name": service, "service.namespace": "littlemonster", "service.instance.id": instance}
    )
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[reader]))


def shutdown() -> None:
    """Sends what is still buffered."""
    for provider in (trace.get_tracer_provider(), metrics.get_meter_provider()):
        if stop := getattr(provider, "shutdown", None):
            stop()


def trace_id() -> str:
    """The present trace id as 32 hexadecimal digits; empty outside a trace."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


@contextmanager
def continued(carrier: Mapping[str, str], name: str, kind: SpanKind, **attributes: str) -> Iterator[Span]:
    """A span that continues the trace whose `traceparent` is in `carrier`."""
    parent = _propagator.extract(carrier, Context())
    span = _tracer.start_span(name, parent, kind=kind, attributes=attributes)
    token = attach(trace.set_span_in_context(span, parent))
    try:
        yield span
    finally:
        detach(token)
        span.end()


@contextmanager
def client_span(statement: str) -> Iterator[None]:
    """A span, in a trace that is recorded, and a measurement of one SQL statement (semantic conventions for databases)."""
    measured = _measured(statement)
    recording = trace.get_current_span().is_recording()
    began = time.perf_counter()
    try:
        with _statement_span(statement, measured) if recording else _UNRECORDED:
            yield
    except Exception as error:
        measured = {**measured, "error.type": type(error).__name__}
        raise
    finally:
        _statements.record(time.perf_counter() - began, measured)


@lru_cache(maxsize=1024)
def _measured(statement: str) -> dict[str, str]:
    """Never changed: the statements of a process are few, and it runs each of them very often."""
    return {"db.system.name": "postgresql", "db.operation.name": statement.split(None, 1)[0].upper()}


@contextmanager
def _statement_span(statement: str, measured: Mapping[str, str]) -> Iterator[None]:
    # Without the exception's text: PostgreSQL quotes the values of the row it refuses.
    with _tracer.start_as_current_span(
        f"postgresql {measured['db.operation.name']}",
        kind=SpanKind.CLIENT,
        attributes={**measured, "db.query.text": statement},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except Exception as error:
            mark_failed(span, type(error).__name__)
            raise


def trace_headers() -> dict[str, str]:
    """The headers that continue the present trace elsewhere; none outside a trace."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier


def mark_failed(span: Span, reason: str) -> None:
    """Marks a span as failed, without the text of the failure."""
    span.set_status(Status(StatusCode.ERROR, reason))
