"""The figures that operators see, by the names of the semantic conventions."""

import time
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from inference_service.domain.generation import Finish, Piece
from inference_service.domain.models import EngineName
from inference_service.engine.metrics import GenerationMetrics


def _read(reader: InMemoryMetricReader) -> dict[str, list[Any]]:
    data = reader.get_metrics_data()
    assert data
    metrics = data.resource_metrics[0].scope_metrics[0].metrics
    return {metric.name: list(metric.data.data_points) for metric in metrics}


def _metrics(reader: InMemoryMetricReader) -> GenerationMetrics:
    meter = MeterProvider(metric_readers=[reader]).get_meter("test")
    return GenerationMetrics("nano", EngineName.CTRANSFORMERS, meter)


def test_a_request_is_counted_from_the_queue_to_its_last_token() -> None:
    reader = InMemoryMetricReader()
    request = _metrics(reader).request()
    request.called()
    request.piece(Piece("a", 1, prompt_tokens=7))
    request.piece(Piece("b", 2, Finish.STOP, 7))
    request.ended()
    found = _read(reader)
    assert set(found) == {
        "gen_ai.server.request.duration",
        "gen_ai.server.time_to_first_token",
        "gen_ai.server.time_per_output_token",
        "gen_ai.client.token.usage",
        "inference.queue.duration",
    }
    tokens = {point.attributes["gen_ai.token.type"]: point.sum for point in found["gen_ai.client.token.usage"]}
    assert tokens == {"input": 7, "output": 2}
    assert found["gen_ai.server.request.duration"][0].attributes == {
        "gen_ai.operation.name": "text_completion",
        "gen_ai.provider.name": "ctransformers",
        "gen_ai.request.model": "nano",
    }


def test_the_time_of_a_token_is_that_of_each_after_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((0.0, 1.0, 3.0, 9.0))  # asked, called, first token, ended
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    reader = InMemoryMetricReader()
    request = _metrics(reader).request()
    request.called()
    request.piece(Piece("a", 1))
    request.piece(Piece("bcd", 4, Finish.STOP))
    request.ended()
    monkeypatch.undo()
    assert {name: points[0].sum for name, points in _read(reader).items() if name.endswith(("duration", "token"))} == {
        "inference.queue.duration": 1.0,
        "gen_ai.server.time_to_first_token": 2.0,
        "gen_ai.server.time_per_output_token": 2.0,
        "gen_ai.server.request.duration": 9.0,
    }


def test_a_request_that_failed_says_why_and_claims_no_tokens() -> None:
    reader = InMemoryMetricReader()
    metrics = _metrics(reader)
    metrics.loaded(1.5)
    metrics.request().ended("ENGINE_BUSY")
    found = _read(reader)
    assert set(found) == {"gen_ai.server.request.duration", "inference.model.load.duration"}
    assert found["gen_ai.server.request.duration"][0].attributes["error.type"] == "ENGINE_BUSY"
