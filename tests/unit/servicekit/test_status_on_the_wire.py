"""What a client reads of each kind of failure: code, message and details as trailing metadata, through grpc_testing's server."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import grpc
import grpc_testing
import pytest
from google.rpc import error_details_pb2, status_pb2

from littlemonster.content.v1 import content_service_pb2 as pb
from servicekit import errors
from servicekit.errors import ServiceError
from servicekit.status import code_of, to_status

SERVICE = pb.DESCRIPTOR.services_by_name["VideoService"]
KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ServiceError)]


class Refusing:
    """A servicer that fails as it is told."""

    def __init__(self, error: ServiceError) -> None:
        self._error = error

    def GetVideo(self, request: pb.GetVideoRequest, context: grpc.ServicerContext) -> pb.Video:
        _end(context, self._error)
        return pb.Video()

    def WatchVideo(self, request: pb.WatchVideoRequest, context: grpc.ServicerContext) -> Iterator[pb.VideoProgress]:
        yield pb.VideoProgress(percent=1)
        _end(context, self._error)


def _end(context: grpc.ServicerContext, error: ServiceError) -> None:
    """As abort_with_status ends a call; grpc_testing's context has no such method, and its abort forgets metadata."""
    status = to_status(error)
    context.set_trailing_metadata(status.trailing_metadata)
    context.set_code(status.code)
    context.set_details(status.details)


def _server(error: ServiceError) -> Any:
    return grpc_testing.server_from_dictionary({SERVICE: Refusing(error)}, grpc_testing.strict_real_time())


def _details(trailing: Any) -> status_pb2.Status:
    return status_pb2.Status.FromString(dict(trailing)["grpc-status-details-bin"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_unary_call_ends_with_the_code_of_its_kind_and_the_reason(kind: type[ServiceError]) -> None:
    error = kind(video="7", role="ADMIN", service="content", method="X")
    call = _server(error).invoke_unary_unary(SERVICE.methods_by_name["GetVideo"], (), pb.GetVideoRequest(), None)
    _, trailing, code, message = call.termination()
    info = error_details_pb2.ErrorInfo()
    assert _details(trailing).details[0].Unpack(info)
    assert (code, message) == (code_of(error), error.detail)
    assert (info.reason, info.domain) == (error.reason, "littlemonster")


def test_fields_and_the_time_to_come_back_are_details_of_their_own() -> None:
    error = errors.ResourceExhausted(fields={"topic": "too long"}, retry_after=timedelta(seconds=90), detail="Later.")
    call = _server(error).invoke_unary_unary(SERVICE.methods_by_name["GetVideo"], (), pb.GetVideoRequest(), None)
    bad, retry = error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
    _, bad_any, retry_any = _details(call.termination()[1]).details
    assert bad_any.Unpack(bad)
    assert retry_any.Unpack(retry)
    assert [(v.field, v.description) for v in bad.field_violations] == [("topic", "too long")]
    assert retry.retry_delay.ToTimedelta() == timedelta(seconds=90)


def test_a_stream_delivers_what_came_before_its_failure() -> None:
    error = errors.NotFound(detail="Gone. Look elsewhere.")
    call = _server(error).invoke_unary_stream(SERVICE.methods_by_name["WatchVideo"], (), pb.WatchVideoRequest(), None)
    assert call.take_response().percent == 1
    trailing, code, message = call.termination()
    assert (code, message) == (grpc.StatusCode.NOT_FOUND, "Gone. Look elsewhere.")
    assert _details(trailing).code == 5
