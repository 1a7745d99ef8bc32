"""What operators see of the models: the OpenTelemetry semantic conventions for generative AI, and queue and load times."""

import time

from opentelemetry.metrics import Meter, get_meter

from inference_service.domain.generation import Piece
from inference_service.domain.models import EngineName

_OPERATION = "text_completion"


class GenerationMetrics:
    """The instruments of one model; times are in seconds, usage in tokens."""

    def __init__(self, model: str, engine: EngineName, meter: Meter | None = None) -> None:
        meter = meter or get_meter("inference_service")
        self.attributes = {
            "gen_ai.operation.name": _OPERATION,
            "gen_ai.provider.name": str(engine),
            "gen_ai.request.model": model,
        }
        self.duration = meter.create_histogram(
            "gen_ai.server.request.duration", "s", "From the request to its last token, or to its failure"
        )
        self.first_token = meter.create_histogram(
            "gen_ai.server.time_to_first_token", "s", "From the model's turn to its first token"
        )
        self.per_token = meter.create_histogram(
            "gen_ai.server.time_per_output_token", "s", "From the first token to the last, for each after the first"
        )
        self.tokens = meter.create_histogram("gen_ai.client.token.usage", "{token}", "Tokens read and written")
        self.queue = meter.create_histogram("inference.queue.duration", "s", "From the request to the model's turn")
        self.load = meter.create_histogram(
            "inference.model.load.duration", "s", "From the start of a process until ready"
        )

    def loaded(self, seconds: float) -> None:
        self.load.record(seconds, self.attributes)

    def request(self) -> "RequestMeter":
        return RequestMeter(self)


class RequestMeter:
    """The times of one request."""

    def __init__(self, metrics: GenerationMetrics) -> None:
        self._metrics = metrics
        self._asked = self._called = time.monotonic()
        self._first: float | None = None
        self._last: Piece | None = None

    def called(self) -> None:
        """It is the request's turn."""
        self._called = time.monotonic()
        self._metrics.queue.record(self._called - self._asked, self._metrics.attributes)

    def piece(self, piece: Piece) -> None:
        """The model wrote, or finished."""
        if self._first is None:
            self._first = time.monotonic()
            self._metrics.first_token.record(self._first - self._called, self._metrics.attributes)
        self._last = piece

    def ended(self, reason: str = "") -> None:
        """The request is over; `reason` says why it failed, when it did."""
        now, metrics = time.monotonic(), self._metrics
        failure = {"error.type": reason} if reason else {}
        metrics.duration.record(now - self._asked, metrics.attributes | failure)
        if self._last is None or self._first is None:
            return
        for kind, tokens in (("input", self._last.prompt_tokens), ("output", self._last.tokens)):
            metrics.tokens.record(tokens, metrics.attributes | {"gen_ai.token.type": kind})
        if self._last.tokens > 1:
            metrics.per_token.record((now - self._first) / (self._last.tokens - 1), metrics.attributes)
