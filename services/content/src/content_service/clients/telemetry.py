"""Spans and measurements of lessons in the making."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind

from content_service.domain import Stage
from servicekit.telemetry.traces import continued, mark_failed

_tracer = trace.get_tracer("content_service")
_duration = metrics.get_meter("content_service").create_histogram(
    "littlemonster.lesson.stage.duration",
    unit="s",
    description="How long one stage of making a lesson took.",
    explicit_bucket_boundaries_advisory=[0.01, 0.03, 0.1, 0.3, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600],
)


def in_job(traceparent: str) -> AbstractContextManager[object]:
    """A span of the trace of whoever asked for the lesson."""
    return continued({"traceparent": traceparent}, "make lesson", SpanKind.CONSUMER)


@contextmanager
def in_stage(stage: Stage) -> Iterator[None]:
    """A span and a measurement of the block; a failure is told by its kind, never by its text."""
    attributes = {"littlemonster.lesson.stage": stage.value}
    began = time.perf_counter()
    with _tracer.start_as_current_span(
        f"lesson {stage.value}", attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except BaseException as error:
            attributes["error.type"] = type(error).__name__
            mark_failed(span, type(error).__name__)
            raise
        finally:
            _duration.record(time.perf_counter() - began, attributes)
