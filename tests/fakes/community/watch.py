"""A client's live stream of comments."""

from dataclasses import dataclass
from typing import Any

import grpc
from grpc.aio import UnaryStreamCall
from loopback import Loopback

from community_service.domain.comments import Video
from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.community.v1.community_service_pb2_grpc import CommentServiceStub


@dataclass(frozen=True, slots=True)
class Watch:
    """Opens streams on a bare channel: only there a call shows when its headers come."""

    loopback: Loopback
    address: str

    async def __call__(self, video: Video, user: str, seen: str = "") -> UnaryStreamCall[Any, pb.CommentChange]:
        """A stream that is open: what happens from now on, or after `seen`, is in it."""
        channel = grpc.aio.insecure_channel(self.address)
        self.loopback.stack.push_async_callback(channel.close)
        request = pb.WatchCommentsRequest(video_id=video.id, last_event_id=seen)
        stream = CommentServiceStub(channel).WatchComments(request, metadata=self.loopback.as_user(user))
        await stream.initial_metadata()
        if not seen:
            first = await stream.read()
            assert first.type is pb.CommentChange.TYPE_UNSPECIFIED
        return stream
