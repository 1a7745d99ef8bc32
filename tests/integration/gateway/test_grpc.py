"""gRPC and gRPC-Web on the same port, with the same tokens and the same reasons."""

import base64

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from littlemonster.auth.v1 import auth_service_pb2, auth_service_pb2_grpc
from littlemonster.content.v1 import content_service_pb2, content_service_pb2_grpc

GET_VIDEO = "/littlemonster.content.v1.VideoService/GetVideo"


@pytest.fixture
def videos(channel):
    return content_service_pb2_grpc.VideoServiceStub(channel)


@pytest.fixture
def signed_in(services):
    return (("authorization", f"Bearer {services.token()}"),)


def failure(call, *args, **kwargs):
    with pytest.raises(grpc.RpcError) as raised:
        call(*args, **kwargs, timeout=60)
    info = error_details_pb2.ErrorInfo()
    rpc_status.from_call(raised.value).details[0].Unpack(info)
    return raised.value.code(), info.reason


def test_a_call_with_a_token_passes(videos, signed_in):
    video = videos.GetVideo(content_service_pb2.GetVideoRequest(video_id="a"), metadata=signed_in, timeout=60)
    assert video.id == "a"


def test_a_call_without_a_token_is_unauthenticated(videos):
    request = content_service_pb2.GetVideoRequest(video_id="a")
    assert failure(videos.GetVideo, request) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING")


def test_a_public_call_needs_no_token(channel):
    stub = auth_service_pb2_grpc.AuthServiceStub(channel)
    assert stub.Register(auth_service_pb2.RegisterRequest(), timeout=60).message


def test_an_error_of_a_service_passes_whole(videos, signed_in):
    request = content_service_pb2.GetVideoRequest(video_id="missing")
    assert failure(videos.GetVideo, request, metadata=signed_in) == (grpc.StatusCode.NOT_FOUND, "VIDEO_NOT_FOUND")


def test_the_gateways_own_errors_carry_their_reason(impatient_gateway, signed_in):
    request = content_service_pb2.GetVideoRequest(video_id="slow")
    with grpc.insecure_channel(impatient_gateway.address) as channel:
        videos = content_service_pb2_grpc.VideoServiceStub(channel)
        told = failure(videos.GetVideo, request, metadata=signed_in)
    assert told == (grpc.StatusCode.DEADLINE_EXCEEDED, "UPSTREAM_TIMEOUT")


@pytest.mark.parametrize(
    "path",
    [
        "/littlemonster.inference.v1.GenerationService/GenerateScript",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.health.v1.Health/Check",
    ],
)
def test_what_is_meant_for_the_mesh_is_not_reachable(channel, signed_in, path):
    call = channel.unary_unary(path)
    assert failure(call, b"", metadata=signed_in) == (grpc.StatusCode.NOT_FOUND, "PATH_NOT_FOUND")


def test_a_stream_passes_message_by_message(videos, signed_in, services):
    stream = videos.WatchVideo(content_service_pb2.WatchVideoRequest(video_id="a"), metadata=signed_in, timeout=60)
    assert next(stream).percent == 0
    services.advance()
    assert next(stream).percent == 25
    stream.cancel()


def web_call(client, video_id):
    message = content_service_pb2.GetVideoRequest(video_id=video_id).SerializeToString()
    frame = b"\0" + len(message).to_bytes(4, "big") + message
    headers = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
    return client.post(GET_VIDEO, content=frame, headers=headers)


def test_grpc_web_answers_a_message_and_its_status_in_the_body(client):
    answer = web_call(client, "a")
    size = int.from_bytes(answer.content[1:5], "big")
    assert content_service_pb2.Video.FromString(answer.content[5 : 5 + size]).id == "a"
    assert b"grpc-status:0" in answer.content[5 + size :]


@pytest.mark.parametrize(("video_id", "status"), [("missing", "5"), ("slow", "4")])
def test_grpc_web_gets_errors_as_grpc_does(impatient_client, video_id, status):
    answer = web_call(impatient_client, video_id)
    assert (answer.status_code, answer.headers["grpc-status"]) == (200, status)
    assert answer.headers["content-type"].startswith("application/grpc-web")


def test_grpc_web_without_a_token_is_unauthenticated(anonymous):
    answer = web_call(anonymous, "a")
    assert (answer.status_code, answer.headers["grpc-status"]) == (200, "16")
    assert b"TOKEN_MISSING" in base64.b64decode(answer.headers["grpc-status-details-bin"] + "==")
