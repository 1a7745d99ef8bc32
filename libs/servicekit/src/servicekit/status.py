"""ServiceError ↔ google.rpc.Status, both ways and in one place, so an error crosses the wire whole."""

import functools
import logging
import math
import re
from collections.abc import Iterator
from typing import Any, cast

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from servicekit import errors
from servicekit.errors import ServiceError
from servicekit.telemetry.traces import trace_id

DOMAIN = "littlemonster"
log = logging.getLogger(__name__)
_CODES: dict[type[ServiceError], grpc.StatusCode] = {
    errors.InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    errors.FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    errors.OutOfRange: grpc.StatusCode.OUT_OF_RANGE,
    errors.Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    errors.PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.Aborted: grpc.StatusCode.ABORTED,
    errors.ResourceExhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Unavailable: grpc.StatusCode.UNAVAILABLE,
    errors.DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
    errors.Unimplemented: grpc.StatusCode.UNIMPLEMENTED,
    errors.Internal: grpc.StatusCode.INTERNAL,
}
_KINDS = {code: kind for kind, code in _CODES.items()}
_METADATA_KEY = re.compile(r"[^a-zA-Z0-9_-]")


def code_of(error: ServiceError) -> grpc.StatusCode:
    """The gRPC status of an error's kind."""
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), grpc.StatusCode.INTERNAL)


def to_status(error: ServiceError) -> grpc.Status:
    """What `context.abort_with_status` takes: code, message and details."""
    code = code_of(error)
    status: Any = rpc_status.to_status(
        status_pb2.Status(code=code.value[0], message=error.detail, details=[_pack(d) for d in _details(error, code)])
    )
    if error.retry_after is None:
        return cast("grpc.Status", status)
    # The gateway makes an HTTP header of it, for clients that do not read the details.
    seconds = str(max(1, math.ceil(error.retry_after.total_seconds())))
    metadata = (*status.trailing_metadata, ("retry-after", seconds))
    return cast("grpc.Status", status._replace(trailing_metadata=metadata))


def _details(error: ServiceError, code: grpc.StatusCode) -> list[Message]:
    metadata = {_METADATA_KEY.sub("_", key): value for key, value in error.metadata.items()}
    if code is grpc.StatusCode.INTERNAL:
        metadata = {"traceId": trace_id()}
    details: list[Message] = [error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)]
    if error.fields:
        violation = error_details_pb2.BadRequest.FieldViolation
        violations = [violation(field=field, description=problem) for field, problem in error.fields.items()]
        details.append(error_details_pb2.BadRequest(field_violations=violations))
    if error.retry_after is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromTimedelta(error.retry_after)
        details.append(retry)
    return details


def _pack(message: Message) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed


def from_rpc_error(error: grpc.aio.AioRpcError, service: str) -> ServiceError:
    """The error as the service that raised it knew it: by its reason where we have the class, else by its kind."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # it reads what an AioRpcError has
    if status is None:
        kind = _KINDS.get(error.code(), errors.Unavailable)
        if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
            # What the operator needs and no caller may see: the address, and what the connection met there.
            log.warning("a peer does not answer", extra={"peer": service, "cause": error.details()})
            return errors.Unavailable(service=service)
        return kind(detail=error.details() or kind.message)
    return _from_status(status, _KINDS.get(error.code(), errors.Internal))


def _from_status(status: status_pb2.Status, kind: type[ServiceError]) -> ServiceError:
    info, bad, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
    for detail in status.details:
        for message in (info, bad, retry):
            if detail.Is(message.DESCRIPTOR):
                detail.Unpack(message)
    found = _class_for(kind, info.reason)
    delay = retry.retry_delay.ToTimedelta() if retry.HasField("retry_delay") else None
    fields = {v.field: v.description for v in bad.field_violations}
    error = found(fields=fields, retry_after=delay or None, detail=status.message, **dict(info.metadata))
    error.reason = info.reason or found.reason  # type: ignore[misc]  # of a class we do not have, the reason still counts
    return error


def _class_for(kind: type[ServiceError], reason: str) -> type[ServiceError]:
    """The class of the kind that has the reason: where two services have one each, a class that is both.

    So nothing depends on which of them was imported first.
    """
    found = sorted(set(_having(reason, kind)), key=lambda each: (each.__module__, each.__name__))
    return _each_of(tuple(found)) if found else kind


def _having(reason: str, kind: type[ServiceError]) -> Iterator[type[ServiceError]]:
    """Those that brought the reason, not what was derived from them."""
    if kind.reason == reason:
        yield kind
        return
    for each in kind.__subclasses__():
        yield from _having(reason, each)


@functools.cache
def _each_of(classes: tuple[type[ServiceError], ...]) -> type[ServiceError]:
    return classes[0] if len(classes) == 1 else cast("type[ServiceError]", type(classes[0].__name__, classes, {}))
