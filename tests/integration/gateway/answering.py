"""Small real services for the gateway to stand before: they answer by what they are asked and note what reached them."""

import asyncio
import base64
import threading
from dataclasses import dataclass, field
from typing import Any

import grpc
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.api import httpbody_pb2
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from littlemonster.auth.v1 import auth_service_pb2, auth_service_pb2_grpc, user_service_pb2, user_service_pb2_grpc
from littlemonster.community.v1 import community_service_pb2, community_service_pb2_grpc
from littlemonster.content.v1 import content_service_pb2, content_service_pb2_grpc
from littlemonster.planner.v1 import planner_service_pb2, planner_service_pb2_grpc

VIDEO_ID = "0190a5f0-1111-7000-8000-000000000001"
KEY_ID = "test-key"


@dataclass
class Seen:
    """What reached the services: the last request of each RPC and its metadata."""

    requests: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    streams_ended: threading.Event = field(default_factory=threading.Event)


class Noting(grpc.aio.ServerInterceptor):
    """Notes every call that reaches a service, also one that nobody answers."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    async def intercept_service(self, continuation, details):
        handler, rpc = await continuation(details), details.method.rpartition("/")[2]
        self._seen.metadata[rpc] = {key: str(value) for key, value in details.invocation_metadata}

        def noted(message: bytes) -> Any:
            self._seen.requests[rpc] = handler.request_deserializer(message)
            return self._seen.requests[rpc]

        return handler and handler._replace(request_deserializer=noted)


class Videos(content_service_pb2_grpc.VideoServiceServicer):
    """Answers by the id it is asked for."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self.next_stage = asyncio.Event()

    async def GetVideo(self, request, context):
        if request.video_id == "slow":
            await asyncio.Event().wait()
        if request.video_id == "missing":
            await _refuse(context, "VIDEO_NOT_FOUND", video=request.video_id)
        return content_service_pb2.Video(id=request.video_id, title="Pythagoras", status="VIDEO_STATUS_PUBLIC")

    async def ListVideos(self, request, context):
        return content_service_pb2.ListVideosResponse(
            videos=[content_service_pb2.Video(id=VIDEO_ID, title="Pythagoras " * 10) for _ in range(20)]
        )

    async def CreateVideo(self, request, context):
        return content_service_pb2.Video(id=VIDEO_ID, topic=request.topic)

    async def WatchVideo(self, request, context):
        if request.video_id == "missing":
            await _refuse(context, "VIDEO_NOT_FOUND", video=request.video_id)
        try:
            for percent in range(0, 101, 25):
                yield content_service_pb2.VideoProgress(video_id=request.video_id, percent=percent, stage="script")
                if request.video_id == "broken":
                    await _refuse(context, "VIDEO_GONE")
                await self.next_stage.wait()
                self.next_stage.clear()
        finally:
            self._seen.streams_ended.set()


class Ratings(community_service_pb2_grpc.RatingServiceServicer):
    """Gives back what it gets."""

    async def SubmitRating(self, request, context):
        return community_service_pb2.Rating(stars=request.stars)


class Planner(planner_service_pb2_grpc.PlannerServiceServicer):
    """Gives back what it gets."""

    async def ListEvents(self, request, context):
        return planner_service_pb2.ListEventsResponse()

    async def GetFeed(self, request, context):
        known = ("if-none-match", 'W/"1"') in tuple(context.invocation_metadata())
        if request.file == "unknown.ics":
            await _refuse(context, "FEED_NOT_FOUND")
        headers = (("etag", 'W/"1"'), ("cache-control", "private, max-age=300"))
        await context.send_initial_metadata((*headers, ("x-http-code", "304")) if known else headers)
        content = (
            b"" if known else b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" * int(request.file.removesuffix(".ics") or 1)
        )
        return httpbody_pb2.HttpBody(content_type="text/calendar; charset=utf-8", data=content)

    async def CompleteEvent(self, request, context):
        return planner_service_pb2.Event(id=request.event_id, completed=request.completed)


class Keys(auth_service_pb2_grpc.AuthServiceServicer):
    """Serves the public key as auth does, and a public RPC."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._x = base64.urlsafe_b64encode(raw).decode().rstrip("=")

    async def GetJwks(self, request, context):
        key = auth_service_pb2.Jwk(kty="OKP", crv="Ed25519", x=self._x, kid=KEY_ID, use="sig", alg="EdDSA")
        return auth_service_pb2.Jwks(keys=[key])

    async def RefreshToken(self, request, context):
        return auth_service_pb2.Tokens(access_token="a" * 4000)

    async def Register(self, request, context):
        return auth_service_pb2.RegisterResponse(message="Look into your mail.")


class Users(user_service_pb2_grpc.UserServiceServicer):
    """Takes a field mask."""

    async def UpdateMe(self, request, context):
        return user_service_pb2.User(display_name=request.display_name)


async def _refuse(context: Any, reason: str, **metadata: str) -> None:
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="littlemonster", metadata=metadata))
    status = status_pb2.Status(code=5, message="There is no such video. Check the id.", details=[detail])
    await context.abort_with_status(rpc_status.to_status(status))
