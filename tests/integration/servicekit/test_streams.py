"""Open streams: so many an account, none for a session that has ended; and bytes that are no message."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import grpc
import pytest

from littlemonster.content.v1 import content_service_pb2 as pb
from littlemonster.content.v1.content_service_pb2_grpc import (
    VideoServiceServicer,
    VideoServiceStub,
    add_VideoServiceServicer_to_server,
)
from servicekit.errors import InvalidArgument, SessionRevoked
from servicekit.identity.keys import StaticKeys
from servicekit.identity.tokens import TokenVerifier
from servicekit.ids import new_id
from servicekit.streams import MOST_STREAMS, TooManyStreams

REQUEST = pb.WatchVideoRequest(video_id=new_id())


class Ticking(VideoServiceServicer):
    """A stream that says something whenever it is told to, and never ends."""

    def __init__(self) -> None:
        self.tick = asyncio.Event()

    async def WatchVideo(self, request: pb.WatchVideoRequest, context: Any) -> AsyncIterator[pb.VideoProgress]:
        while True:
            yield pb.VideoProgress()
            await self.tick.wait()


@pytest.fixture
def revoked() -> set[str]:
    return set()


@pytest.fixture
async def served(loopback, revoked) -> tuple[VideoServiceStub, Ticking, str]:
    ticking = Ticking()
    accounts = StaticKeys({"test": loopback.account_key.public_key()})
    verifier = TokenVerifier(accounts, StaticKeys({}), revoked=revoked)
    address = await loopback.serve([(add_VideoServiceServicer_to_server, ticking)], verifier)
    return VideoServiceStub(loopback.channel(address)), ticking, address


async def test_one_account_cannot_take_every_place_and_gets_one_back_by_closing_one(served, loopback) -> None:
    videos, _, _ = served
    me, other = loopback.as_user(new_id()), loopback.as_user(new_id())
    async with AsyncExitStack() as stack:
        for _ in range(MOST_STREAMS):
            await anext(await _open(stack, videos, me))
        with pytest.raises(TooManyStreams) as refused:
            await anext(await _open(stack, videos, me))
        assert refused.value.retry_after
        await anext(await _open(stack, videos, other))
    async with AsyncExitStack() as stack, asyncio.timeout(60):
        while True:
            try:
                await anext(await _open(stack, videos, me))
            except TooManyStreams:  # the server hears a moment later that the client has gone
                await asyncio.sleep(0.01)
            else:
                return


async def _open(stack: AsyncExitStack, videos: VideoServiceStub, metadata: Any) -> AsyncIterator[pb.VideoProgress]:
    call = videos.WatchVideo(REQUEST, metadata=metadata)
    stack.callback(call.cancel)
    return aiter(call)


async def test_a_stream_ends_with_its_session_before_anything_more_is_told(served, loopback, revoked) -> None:
    videos, ticking, _ = served
    session = new_id()
    metadata = (("authorization", f"Bearer {loopback.token(new_id(), sid=session)}"),)
    messages = aiter(videos.WatchVideo(REQUEST, metadata=metadata))
    await anext(messages)
    revoked.add(session)
    ticking.tick.set()
    with pytest.raises(SessionRevoked):
        await anext(messages)


@pytest.mark.parametrize("message", [b"\xff\xff\xff", b"\x0a\x02\xff\xfe"])
async def test_bytes_that_are_no_message_are_refused_with_a_remedy_and_no_internals(served, loopback, message) -> None:
    _, _, address = served
    channel = loopback.channel(address)
    call = channel.unary_unary("/littlemonster.content.v1.VideoService/GetVideo")
    with pytest.raises(InvalidArgument) as refused:
        await call(message, metadata=loopback.as_user(new_id()))
    assert refused.value.reason == "REQUEST_UNREADABLE"
    assert "google" not in refused.value.detail


async def test_whoever_may_not_call_learns_nothing_about_their_bytes(served) -> None:
    _, _, address = served
    async with grpc.aio.insecure_channel(address) as channel:
        call = channel.unary_unary("/littlemonster.content.v1.VideoService/GetVideo")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(b"\xff\xff\xff")
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
