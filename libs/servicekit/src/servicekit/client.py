"""Channels to other services: the caller's trace, this service's token, a deadline, and errors as the other side raised them."""

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
from grpc.aio import ClientCallDetails, Metadata

from servicekit.errors import ServiceError, Unavailable
from servicekit.identity.tokens import ServiceTokens
from servicekit.status import from_rpc_error
from servicekit.telemetry.traces import trace_headers

DEFAULT_SECONDS = 5.0
_OUR_FAULT = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)
log = logging.getLogger(__name__)
_OPTIONS = [
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # Every address behind the name, not the first one only: a headless Kubernetes service has one for each pod.
    ("grpc.service_config", '{"loadBalancingConfig": [{"round_robin": {}}]}'),
]


def open_channel(
    address: str, service: str, tokens: ServiceTokens | None, *, seconds: float = DEFAULT_SECONDS
) -> grpc.aio.Channel:
    """A channel to the service called `service` at host:port. Without `tokens` calls are anonymous.

    `seconds` is the deadline of a call with one answer that states none itself.
    """
    return grpc.aio.insecure_channel(
        f"dns:///{address}",
        options=_OPTIONS,
        interceptors=[_Unary(service, tokens, seconds), _Stream(service, tokens, None)],
    )


class _Details:
    """What every call of one channel carries."""

    def __init__(self, service: str, tokens: ServiceTokens | None, seconds: float | None) -> None:
        self._service = service
        self._tokens = tokens
        self._seconds = seconds

    def complete(self, details: ClientCallDetails) -> ClientCallDetails:
        """The call's details with token, trace and deadline."""
        carrier = trace_headers()
        if self._tokens:
            carrier["authorization"] = f"Bearer {self._tokens.token()}"
        metadata = Metadata(*(details.metadata or ()), *carrier.items())
        timeout = details.timeout if details.timeout is not None else self._seconds
        return ClientCallDetails(details.method, timeout, metadata, details.credentials, details.wait_for_ready)

    def error(self, error: grpc.aio.AioRpcError) -> ServiceError:
        """The failure as the other side raised it; its doubts about this service are no fault of our own caller's."""
        if self._tokens and error.code() in _OUR_FAULT:
            log.error("refused by a peer", extra={"peer": self._service, "status": error.code().name})
            return Unavailable(service=self._service)
        return from_rpc_error(error, self._service)


class _Unary(_Details, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: ClientCallDetails, request: Any
    ) -> Any:
        call = await continuation(self.complete(client_call_details), request)
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            raise self.error(error) from None


class _Stream(_Details, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: ClientCallDetails, request: Any
    ) -> Any:
        call = await continuation(self.complete(client_call_details), request)
        return self._translated(call)

    async def _translated(self, call: Any) -> AsyncIterator[Any]:
        try:
            async for message in call:
                yield message
        except grpc.aio.AioRpcError as error:
            raise self.error(error) from None
        finally:
            call.cancel()  # does nothing to a call that has ended
