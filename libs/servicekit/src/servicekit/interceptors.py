"""What happens around every call: trace, deadline, identity, access, validation, errors. One interceptor, one wrapper a method.

grpc.aio starts a coroutine for every interceptor of every call; one that wraps each handler once costs nothing afterwards.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import grpc
from google.protobuf.message import DecodeError, Message
from grpc.aio import ServicerContext
from opentelemetry import metrics
from opentelemetry.trace import Span, SpanKind

from servicekit.caller import Caller, acting_as
from servicekit.deadlines import seconds_to_work
from servicekit.errors import DeadlineExceeded, Internal, InvalidArgument, ServiceError, Unimplemented
from servicekit.identity.access import rule_for
from servicekit.identity.tokens import TokenInvalid, TokenVerifier
from servicekit.status import code_of, to_status
from servicekit.streams import OpenStreams
from servicekit.telemetry.measures import SECONDS
from servicekit.telemetry.traces import continued, mark_failed
from servicekit.validation import validate, with_plain_ids

Context: TypeAlias = "ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"  # generic in its types only
_BEARER = "bearer "
_OURS = "/littlemonster."
log = logging.getLogger(__name__)
_duration = metrics.get_meter("servicekit").create_histogram(
    "rpc.server.call.duration",
    unit="s",
    description="Duration of calls this server answered",
    explicit_bucket_boundaries_advisory=SECONDS,
)


@dataclass(slots=True)
class _Outcome:
    """What becomes of a call: its span, and its status by gRPC's name."""

    span: Span
    code: str = grpc.StatusCode.OK.name


class RequestUnreadable(InvalidArgument):
    """The bytes are not a message of the contract."""

    reason = "REQUEST_UNREADABLE"
    message = "The request is not a message of this contract. Build it with the published protos; texts are UTF-8."


class Guard(grpc.aio.ServerInterceptor):
    """Wraps every handler of a server."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier
        self._streams = OpenStreams()
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
        if not method.startswith(_OURS):
            return handler  # health's Watch writes to the context, reflection streams requests
        # Without a deserialiser the wrapper gets bytes: gRPC would answer what it cannot parse with an exception's text.
        call = _Method(method, handler.request_deserializer, self._verifier, self._streams)
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(
                call.unary(handler.unary_unary), response_serializer=handler.response_serializer
            )
        return grpc.unary_stream_rpc_method_handler(
            call.stream(handler.unary_stream), response_serializer=handler.response_serializer
        )


class _Method:
    """The wrapper of one RPC."""

    def __init__(
        self, method: str, parse: "Callable[[bytes], Any] | None", verifier: TokenVerifier, streams: OpenStreams
    ) -> None:
        self._name = method.lstrip("/")
        self._rule = rule_for(method)
        self._parse = cast("Callable[[bytes], Message]", parse)  # generated handlers always have one
        self._verifier = verifier
        self._streams = streams

    def unary(self, behaviour: Any) -> Any:
        async def call(message: bytes, context: "Context") -> Any:  # noqa: RET503  # abort never returns
            metadata = _metadata(context)
            with self._span(metadata) as outcome:
                try:
                    caller = await self._caller(metadata)
                    request = self._request(caller, message)
                    with acting_as(caller):
                        async with asyncio.timeout(seconds_to_work(caller, context.time_remaining())):
                            return await behaviour(request, context)
                except Exception as error:
                    status = self._status(error, outcome)
            await context.abort_with_status(status)

        return call

    def stream(self, behaviour: Any) -> Any:
        # A coroutine that writes, not a generator: one left unfinished when the client goes would end in another task, where
        # the caller and the trace cannot be reset.
        async def call(message: bytes, context: "Context") -> None:
            metadata = _metadata(context)
            with self._span(metadata) as outcome:
                try:
                    caller = await self._caller(metadata)
                    request = self._request(caller, message)
                    with acting_as(caller), self._streams.place(caller):
                        async with aclosing(behaviour(request, context)) as answers:
                            async for answer in answers:
                                if caller:
                                    self._verifier.living(caller)
                                await context.write(answer)
                        return
                except Exception as error:
                    status = self._status(error, outcome)
            await context.abort_with_status(status)

        return call

    @contextmanager
    def _span(self, metadata: dict[str, str]) -> Iterator[_Outcome]:
        started = time.perf_counter()
        code = grpc.StatusCode.CANCELLED.name  # whatever leaves the block by an exception: the caller is gone
        try:
            with continued(metadata, self._name, SpanKind.SERVER, **{"rpc.system.name": "grpc"}) as span:
                yield (outcome := _Outcome(span))
                code = outcome.code
        finally:
            attributes = {"rpc.system.name": "grpc", "rpc.method": self._name, "rpc.response.status_code": code}
            _duration.record(time.perf_counter() - started, attributes)

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

    def _request(self, caller: Caller | None, message: bytes) -> Message:
        """The request, once the caller may make it. Raises RequestUnreadable, RequestInvalid and what the rule raises."""
        self._rule.check(caller)
        try:
            request = self._parse(message)
        except (DecodeError, UnicodeDecodeError):
            raise RequestUnreadable from None
        validate(request)
        return with_plain_ids(request)

    def _status(self, error: Exception, outcome: _Outcome) -> grpc.Status:
        known = self._known(error)
        outcome.code = code_of(known).name
        mark_failed(outcome.span, known.reason)
        fields = {"method": self._name, "reason": known.reason}
        if isinstance(known, Internal):
            log.error("call failed", extra=fields, exc_info=error)
        else:
            log.info("call refused", extra=fields | {"status": outcome.code})
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
