"""A service of the tests: content's contract, with handlers that do what a test wants."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from loopback import Loopback, Metadata

from littlemonster.content.v1.content_service_pb2 import GetVideoRequest, Video, VideoProgress, WatchVideoRequest
from littlemonster.content.v1.content_service_pb2_grpc import (
    VideoServiceServicer,
    VideoServiceStub,
    add_VideoServiceServicer_to_server,
)
from servicekit.ids import new_id

Unary = Callable[[GetVideoRequest], Awaitable[Video]]
Stream = Callable[[WatchVideoRequest], AsyncIterator[VideoProgress]]


async def _answers(request: GetVideoRequest) -> Video:
    return Video(id=request.video_id)


@dataclass
class Videos(VideoServiceServicer):
    """GetVideo and WatchVideo as the test says; no other method is overridden."""

    unary: Unary = _answers
    stream: Stream | None = None
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    async def GetVideo(self, request: GetVideoRequest, context: Any) -> Video:
        try:
            return await self.unary(request)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise

    async def WatchVideo(self, request: WatchVideoRequest, context: Any) -> AsyncIterator[VideoProgress]:
        assert self.stream
        try:
            async for message in self.stream(request):
                yield message
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled.set()
            raise


@dataclass(frozen=True, slots=True)
class Service:
    """The running service, its stub, and the call metadata of a signed-in student."""

    videos: Videos
    stub: VideoServiceStub
    address: str
    user_id: str
    student: Metadata

    def get(self, **options: Any) -> Any:
        """A GetVideo call as the student."""
        return self.stub.GetVideo(GetVideoRequest(video_id=new_id()), metadata=self.student, **options)

    def watch(self, **options: Any) -> Any:
        """A WatchVideo call as the student."""
        return self.stub.WatchVideo(WatchVideoRequest(video_id=new_id()), metadata=self.student, **options)


@pytest.fixture
async def service(loopback: Loopback) -> Service:
    videos, user_id = Videos(), new_id()
    address = await loopback.serve([(add_VideoServiceServicer_to_server, videos)])
    return Service(videos, VideoServiceStub(loopback.channel(address)), address, user_id, loopback.as_user(user_id))


@pytest.fixture
def folder() -> Iterator[Path]:
    """For servers of a test's own; not below pytest's folder, which each session closes to PostgreSQL's user."""
    with tempfile.TemporaryDirectory(prefix="lm-test-") as folder:
        yield Path(folder)
