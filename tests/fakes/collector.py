"""An OpenTelemetry collector that keeps what it is told: OTLP over gRPC, spans and metrics."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan


@dataclass(frozen=True, slots=True)
class Span:
    """One span; ids are hexadecimal, `parent` is empty for the first of a trace."""

    service: str
    name: str
    kind: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]


@dataclass
class Collector(trace_service_pb2_grpc.TraceServiceServicer, metrics_service_pb2_grpc.MetricsServiceServicer):
    """What arrived; `metrics` holds (service, metric name, attributes) of each data point."""

    spans: list[Span] = field(default_factory=list)
    metrics: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def Export(self, request: Any, context: Any) -> Any:
        """Both services' one method."""
        if isinstance(request, trace_service_pb2.ExportTraceServiceRequest):
            self.spans += _spans(request)
            answer: Any = trace_service_pb2.ExportTraceServiceResponse()
        else:
            self.metrics += _points(request)
            answer = metrics_service_pb2.ExportMetricsServiceResponse()
        async with self.arrived:
            self.arrived.notify_all()
        return answer

    async def until(self, question: Callable[[list[Span]], Any]) -> Any:
        """The first true answer to a question about the spans."""
        async with self.arrived:
            while not (answer := question(self.spans)):
                await self.arrived.wait()
        return answer


@asynccontextmanager
async def collecting() -> AsyncIterator[tuple[Collector, str]]:
    """A collector on loopback while the block lasts, and its endpoint."""
    collector, server = Collector(), grpc.aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(collector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield collector, f"http://127.0.0.1:{port}"
    await server.stop(0)


def _spans(request: trace_service_pb2.ExportTraceServiceRequest) -> list[Span]:
    return [
        Span(
            service=_values(resource.resource.attributes).get("service.name", ""),
            name=span.name,
            kind=OtlpSpan.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
            trace=span.trace_id.hex(),
            id=span.span_id.hex(),
            parent=span.parent_span_id.hex(),
            attributes=_values(span.attributes),
        )
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _points(request: metrics_service_pb2.ExportMetricsServiceRequest) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (_values(resource.resource.attributes).get("service.name", ""), metric.name, _values(point.attributes))
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in getattr(metric, metric.WhichOneof("data")).data_points
    ]


def _values(attributes: list[KeyValue]) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value") for each in attributes}
