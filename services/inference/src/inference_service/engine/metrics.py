"""What operators see of the models: the OpenTelemetry semantic conventions for generative AI, and queue and load times."""

import time

from opentelemetry.metrics import Meter, get_meter

from inference_service.domain.generation import Piece
from inference_service.domain.models import EngineName

_OPERATION = "text_completion"
# From a classifier's verdict to a long text of a large model on a slow machine.
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
_SECONDS_A_TOKEN = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384)


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
            "gen_ai.server.request.duration",
            "s",
            "From the request to its last token, or to its failure",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self.first_token = meter.create_histogram(
            "gen_ai.server.time_to_first_token",
            "s",
            "From the model's turn to its first token",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self.per_token = meter.create_histogram(
            "gen_ai.server.time_per_output_token",
            "s",
            "From the first token to the last, for each after the first",
            explicit_bucket_boundaries_advisory=_SECONDS_A_TOKEN,
        )
        self.tokens = meter.create_histogram(
            "gen_ai.client.token.usage",
            "{token}",
            "Tokens read and written",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )
        self.queue = meter.create_histogram(
            "inference.queue.duration",
            "s",
            "From the request to the model's turn",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self.load = meter.create_histogram(
            "inference.model.load.duration",
            "s",
            "From the start of a process until ready",
            explicit_bucket_boundaries_advisory=_SECONDS,
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
