"""What surrounds every call, on a real server: errors in one shape, deadlines, clients that leave, callers kept apart."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from littlemonster.content.v1.content_service_pb2 import DeleteVideoRequest, GetVideoRequest, Video, VideoProgress
from littlemonster.content.v1.content_service_pb2_grpc import VideoServiceStub
from servicekit.caller import caller_or_none, current_caller
from servicekit.client import open_channel
from servicekit.errors import DeadlineExceeded, Internal, NotFound, ResourceExhausted, ServiceError, Unimplemented
from servicekit.ids import new_id

SECRET = "password hunter2 of postgresql://content"


class VideoMissing(NotFound):
    """What a handler of the test raises."""

    reason = "VIDEO_MISSING"
    message = "There is no video {video}. Choose another."


async def for_ever(_: Any) -> Any:
    await asyncio.Event().wait()


async def broken(_: Any) -> Video:
    raise RuntimeError(SECRET)


async def missing(_: Any) -> Video:
    raise VideoMissing(video="7")


def stream(*items: int | Exception | None) -> Any:
    """A handler that sends each number, raises each exception, and at None waits for ever."""

    async def handler(_: Any) -> AsyncIterator[VideoProgress]:
        for item in items:
            if isinstance(item, Exception):
                raise item
            if item is None:
                await asyncio.Event().wait()
            yield VideoProgress(percent=item)

    return handler


async def received(call: Any) -> tuple[list[int], ServiceError]:
    """The numbers that came, and the error that ended the stream."""
    numbers: list[int] = []
    try:
        async for message in call:
            numbers.append(message.percent)  # noqa: PERF401  # what came before the error counts
    except ServiceError as error:
        return numbers, error
    raise AssertionError(f"the stream ended well after {numbers}")


async def test_an_unexpected_exception_tells_nothing_and_is_logged(service, caplog: pytest.LogCaptureFixture) -> None:
    service.videos.unary = broken
    with caplog.at_level(logging.INFO), pytest.raises(Internal) as caught:
        await service.get()
    assert SECRET not in repr(vars(caught.value))
    assert set(caught.value.metadata) == {"traceId"}
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info
    assert SECRET in str(record.exc_info[1])


@pytest.mark.parametrize("sent", [[], [1, 2]])
async def test_an_unexpected_exception_in_a_stream_tells_nothing_before_and_after_its_first_message(
    service, sent: list[int]
) -> None:
    service.videos.stream = stream(*sent, RuntimeError(SECRET))
    numbers, error = await received(service.watch())
    assert numbers == sent
    assert type(error) is Internal
    assert SECRET not in repr(vars(error))


@pytest.mark.parametrize("sent", [[], [1, 2]])
async def test_an_expected_error_ends_a_stream_with_its_reason(service, sent: list[int]) -> None:
    service.videos.stream = stream(*sent, VideoMissing(video="7"))
    numbers, error = await received(service.watch())
    assert numbers == sent
    assert (type(error), error.metadata) == (VideoMissing, {"video": "7"})


async def test_an_expected_error_is_no_error_of_ours_in_the_log(service, caplog: pytest.LogCaptureFixture) -> None:
    service.videos.unary = missing
    with caplog.at_level(logging.INFO), pytest.raises(VideoMissing):
        await service.get()
    (record,) = [record for record in caplog.records if record.message == "call refused"]
    assert (record.levelno, record.reason, record.exc_info) == (logging.INFO, "VIDEO_MISSING", None)


async def test_a_call_past_its_deadline_says_so_with_our_reason_and_its_handler_is_cancelled(service) -> None:
    begun = asyncio.Event()

    async def begins(_: Any) -> Any:
        begun.set()
        await for_ever(_)

    service.videos.unary = begins
    while not begun.is_set():  # on a busy machine the time may be over before
        with pytest.raises(DeadlineExceeded) as caught:
            await service.get(timeout=0.5)
    assert caught.value.reason == "DEADLINE_EXCEEDED"
    assert str(caught.value) == "The answer was not ready in time. Try again, or allow more time."
    await service.videos.cancelled.wait()


async def test_a_call_that_states_no_deadline_has_that_of_its_channel(service) -> None:
    service.videos.unary = for_ever
    request = GetVideoRequest(video_id=new_id())
    async with open_channel(service.address, "test", None, seconds=0.5) as channel:
        with pytest.raises(DeadlineExceeded):
            await VideoServiceStub(channel).GetVideo(request, metadata=service.student)


async def test_a_stream_past_its_deadline_is_cancelled(service) -> None:
    service.videos.stream = stream(1, None)
    numbers: list[int] = []
    while not numbers:  # on a busy machine the time may be over before
        numbers, error = await received(service.watch(timeout=0.5))
        assert type(error) is DeadlineExceeded
    assert numbers == [1]
    await service.videos.cancelled.wait()


async def test_a_handler_is_cancelled_when_its_client_goes(service) -> None:
    started = asyncio.Event()

    async def starts(_: Any) -> Any:
        started.set()
        await asyncio.Event().wait()

    service.videos.unary = starts
    call = asyncio.ensure_future(service.get())
    await started.wait()
    call.cancel()
    await service.videos.cancelled.wait()


async def test_a_stream_s_handler_is_cancelled_when_its_client_goes(service, caplog: pytest.LogCaptureFixture) -> None:
    service.videos.stream = stream(1, None)
    call = service.watch()
    async for _ in call:
        break
    call.cancel()
    await service.videos.cancelled.wait()
    assert not [record for record in caplog.records if "Context" in record.getMessage()]


async def test_a_stream_a_client_left_unread_ends_in_the_call_s_own_context(
    service, caplog: pytest.LogCaptureFixture
) -> None:
    """The handler is held up in sending, not in waiting: an unfinished generator would end in some other task."""
    ended_as: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def floods(_: Any) -> AsyncIterator[VideoProgress]:
        try:
            while True:
                yield VideoProgress(percent=1, message="x" * 100_000)
        finally:
            ended_as.set_result(caller_or_none())

    service.videos.stream = floods
    call = service.watch()
    async for _ in call:
        break
    call.cancel()
    assert (await ended_as).id == service.user_id
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_method_no_handler_overrides_answers_in_the_one_shape(service) -> None:
    with pytest.raises(Unimplemented) as caught:
        await service.stub.DeleteVideo(DeleteVideoRequest(video_id=new_id()), metadata=service.student)
    assert caught.value.reason == "NOT_IMPLEMENTED"
    assert caught.value.metadata == {"method": "littlemonster.content.v1.VideoService/DeleteVideo"}


@pytest.mark.parametrize("path", ["/littlemonster.content.v1.VideoService/Nothing", "/no.Such/Method"])
@pytest.mark.parametrize("kind", ["unary_unary", "unary_stream", "stream_unary"])
async def test_a_method_nobody_has_answers_in_the_one_shape(service, path: str, kind: str) -> None:
    async with grpc.aio.insecure_channel(service.address) as channel:
        method = getattr(channel, kind)(path)
        call = method(iter([b""])) if kind == "stream_unary" else method(b"")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            _ = [each async for each in call] if kind == "unary_stream" else await call
    status, info = rpc_status.from_call(caught.value), error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (caught.value.code(), info.reason) == (grpc.StatusCode.UNIMPLEMENTED, "NOT_IMPLEMENTED")


async def test_a_message_too_large_never_reaches_the_handler(service) -> None:
    service.videos.unary = broken
    too_large = GetVideoRequest(video_id="x" * (2 * 1024 * 1024))
    with pytest.raises(ResourceExhausted):
        await service.stub.GetVideo(too_large, metadata=service.student)


async def test_headers_as_long_as_the_gateway_lets_through_reach_the_handler(service) -> None:
    """Longer ones than its limit gRPC refuses by itself: in words of its own, with every header's size."""

    async def found(_: GetVideoRequest) -> Video:
        return Video(title="found")

    service.videos.unary = found
    metadata = (*service.student, ("x-envoy-original-path", "x" * 32 * 1024))
    for _ in range(5):  # between its two limits gRPC refuses by chance
        assert (await service.stub.GetVideo(GetVideoRequest(video_id=new_id()), metadata=metadata)).title == "found"


async def test_calls_at_the_same_time_each_have_their_own_caller(service, loopback) -> None:
    everybody = asyncio.Barrier(20)

    async def who(_: GetVideoRequest) -> Video:
        await everybody.wait()
        return Video(created_by=current_caller().id)

    service.videos.unary = who
    users = [new_id() for _ in range(20)]
    request = GetVideoRequest(video_id=new_id())
    calls = [service.stub.GetVideo(request, metadata=loopback.as_user(user)) for user in users]
    assert [video.created_by for video in await asyncio.gather(*calls)] == users


async def test_a_handler_runs_as_its_caller_and_the_server_as_nobody_afterwards(service) -> None:
    seen = []

    async def who(_: GetVideoRequest) -> Video:
        seen.append(current_caller().id)
        return Video()

    service.videos.unary = who
    await service.get()
    assert seen == [service.user_id]
    assert caller_or_none() is None


async def test_a_client_of_a_service_that_is_gone_learns_which_one_and_its_log_says_why(loopback, caplog) -> None:
    stub = VideoServiceStub(loopback.channel("127.0.0.1:1"))
    with pytest.raises(ServiceError, match="The test service does not answer") as caught:
        await stub.GetVideo(GetVideoRequest(video_id=new_id()), timeout=60)
    assert caught.value.reason == "UNAVAILABLE"
    [line] = [record for record in caplog.records if record.getMessage() == "a peer does not answer"]
    assert (line.peer, "Connection refused" in line.cause) == ("test", True)
