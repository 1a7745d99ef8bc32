"""What happens around every call: trace, deadline, identity, access, validation, errors. One interceptor, one wrapper a method.

grpc.aio starts a coroutine for every interceptor of every call; one that wraps each handler once costs nothing afterwards.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import Message
from grpc.aio import ServicerContext
from opentelemetry import metrics
from opentelemetry.trace import Span, SpanKind

from servicekit.caller import Caller, acting_as
from servicekit.errors import DeadlineExceeded, Internal, ServiceError, Unimplemented
from servicekit.identity.access import AccessRule, rule_for
from servicekit.identity.tokens import TokenInvalid, TokenVerifier
from servicekit.status import code_of, to_status
from servicekit.telemetry.traces import continued, mark_failed
from servicekit.validation import validate

Context: TypeAlias = "ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"  # generic in its types only
_LONGEST_SECONDS = 14.0  # the gateway waits 15
_SLICE_TO_ANSWER = 0.05
_BEARER = "bearer "
log = logging.getLogger(__name__)
_duration = metrics.get_meter("servicekit").create_histogram(
    "rpc.server.call.duration", unit="s", description="Duration of calls this server answered"
)


class Guard(grpc.aio.ServerInterceptor):
    """Wraps every handler of a server."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier
        self._wrapped: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], "Awaitable[Handler | None]"],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        method = handler_call_details.method
        if wrapped := self._wrapped.get(method):
            return wrapped
        handler = await continuation(handler_call_details)
        if handler is None:
            return _unknown(method)
        return self._wrapped.setdefault(method, self._wrap(method, handler))

    def _wrap(self, method: str, handler: Handler) -> Handler:
        call = _Method(method, rule_for(method), self._verifier)
        codec = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(call.unary(handler.unary_unary), **codec)
        if handler.unary_stream and call.ours:
            return grpc.unary_stream_rpc_method_handler(call.stream(handler.unary_stream), **codec)
        return (
            handler  # health's Watch writes to the context, reflection streams requests: neither has a contract of ours
        )


class _Method:
    """The wrapper of one RPC."""

    def __init__(self, method: str, rule: AccessRule, verifier: TokenVerifier) -> None:
        self._name = method.lstrip("/")
        self._rule = rule
        self._verifier = verifier
        self.ours = self._name.startswith("littlemonster.")

    def unary(self, behaviour: Any) -> Any:
        async def call(request: Message, context: "Context") -> Any:  # noqa: RET503  # abort never returns
            metadata = _metadata(context)
            with self._span(metadata) as span:
                try:
                    caller = await self._caller(metadata)
                    self._check(caller, request)
                    with acting_as(caller):
                        async with asyncio.timeout(_budget(context)):
                            return await behaviour(request, context)
                except Exception as error:
                    status = self._status(error, span)
            await context.abort_with_status(status)

        return call

    def stream(self, behaviour: Any) -> Any:
        # A coroutine that writes, not a generator: one left unfinished when the client goes would end in another task, where
        # the caller and the trace cannot be reset.
        async def call(request: Message, context: "Context") -> None:
            metadata = _metadata(context)
            with self._span(metadata) as span:
                try:
                    caller = await self._caller(metadata)
                    self._check(caller, request)
                    with acting_as(caller):
                        async with aclosing(behaviour(request, context)) as messages:
                            async for message in messages:
                                await context.write(message)
                        return
                except Exception as error:
                    status = self._status(error, span)
            await context.abort_with_status(status)

        return call

    @contextmanager
    def _span(self, metadata: dict[str, str]) -> Iterator[Span]:
        started = time.perf_counter()
        try:
            with continued(metadata, self._name, SpanKind.SERVER, **{"rpc.system.name": "grpc"}) as span:
                yield span
        finally:
            _duration.record(time.perf_counter() - started, {"rpc.system.name": "grpc", "rpc.method": self._name})

    async def _caller(self, metadata: dict[str, str]) -> Caller | None:
        authorization = metadata.get("authorization", "")
        if not authorization:
            return None
        try:
            return await self._verified(authorization)
        except ServiceError:
            # A client that sends its header with every call must still be able to renew an expired token.
            if self._rule.public:
                return None
            raise

    async def _verified(self, authorization: str) -> Caller:
        if authorization[: len(_BEARER)].lower() != _BEARER:
            raise TokenInvalid
        token = authorization[len(_BEARER) :]
        return self._verifier.remembered(token) or await self._verifier.verify(token)

    def _check(self, caller: Caller | None, request: Message) -> None:
        self._rule.check(caller)
        if self.ours:
            validate(request)

    def _status(self, error: Exception, span: Span) -> grpc.Status:
        known = self._known(error)
        mark_failed(span, known.reason)
        fields = {"method": self._name, "reason": known.reason}
        if isinstance(known, Internal):
            log.error("call failed", extra=fields, exc_info=error)
        else:
            log.info("call refused", extra=fields | {"status": code_of(known).name})
        return to_status(known)

    def _known(self, error: Exception) -> ServiceError:
        if isinstance(error, ServiceError):
            return error
        if isinstance(error, TimeoutError):
            return DeadlineExceeded()
        if isinstance(error, NotImplementedError):
            return Unimplemented(method=self._name)
        return Internal()


def _unknown(method: str) -> Handler:
    """Answers for what no service here has; made anew each time, since names that clients invent have no end."""

    async def refuse(request: bytes, context: "Context") -> None:
        await context.abort_with_status(to_status(Unimplemented(method=method.lstrip("/"))))

    return grpc.unary_unary_rpc_method_handler(refuse)


def _metadata(context: "Context") -> dict[str, str]:
    pairs = context.invocation_metadata() or ()
    return {key: value for key, value in pairs if isinstance(value, str)}


def _budget(context: "Context") -> float:
    """Seconds the handler has: what the caller allows, less a slice to answer in."""
    remaining = context.time_remaining()
    return _LONGEST_SECONDS if remaining is None else max(min(remaining, _LONGEST_SECONDS) - _SLICE_TO_ANSWER, 0.0)
