"""Auth, content and inference as the use cases see them."""

import logging
from datetime import timedelta

from grpc.aio import Channel

from community_service import convert
from community_service.domain.comments import UNCHECKED, Verdict, Video
from community_service.domain.mentions import Called, Person
from littlemonster.auth.v1 import user_service_pb2 as auth
from littlemonster.auth.v1.user_service_pb2_grpc import UserServiceStub
from littlemonster.content.v1 import content_service_pb2 as content
from littlemonster.content.v1.content_service_pb2_grpc import VideoServiceStub
from littlemonster.inference.v1 import inference_service_pb2 as inference
from littlemonster.inference.v1.inference_service_pb2_grpc import ModerationServiceStub
from servicekit.errors import NotFound, ServiceError, Unavailable

log = logging.getLogger(__name__)


class ContentCatalogue:
    """Videos from the content service."""

    def __init__(self, channel: Channel, timeout: timedelta) -> None:
        self._videos = VideoServiceStub(channel)
        self._seconds = timeout.total_seconds()

    async def find(self, video_id: str) -> Video | None:
        request = content.GetVideoRequest(video_id=video_id)
        try:
            return convert.peers.public_video(await self._videos.GetVideo(request, timeout=self._seconds))
        except NotFound:
            return None
        except ServiceError as error:
            # What content has against this service, such as its token, is no fault of the caller's.
            log.warning("video not looked up", extra={"video": video_id, "error": error.reason})
            raise Unavailable(service="content") from error


class AuthDirectory:
    """Accounts from the auth service."""

    def __init__(self, channel: Channel, timeout: timedelta) -> None:
        self._users = UserServiceStub(channel)
        self._seconds = timeout.total_seconds()

    async def find(self, called: Called) -> list[Person]:
        request = auth.FindUsersRequest(user_ids=called.ids, display_names=called.names)
        try:
            return convert.peers.people(await self._users.FindUsers(request, timeout=self._seconds))
        except ServiceError as error:
            # A comment that mentions nobody is better than none.
            log.warning("mentions not resolved", extra={"error": error.reason})
            return []


class InferenceModerator:
    """Verdicts from the inference service."""

    def __init__(self, channel: Channel, timeout: timedelta) -> None:
        self._moderation = ModerationServiceStub(channel)
        self._seconds = timeout.total_seconds()

    async def judge(self, text: str, video_id: str, author: str) -> Verdict:
        request = inference.ModerateRequest(
            type="COMMENT",
            content=text,
            context=inference.ModerationContext(video_id=video_id),
            user_id=author,
        )
        try:
            return convert.peers.verdict(await self._moderation.Moderate(request, timeout=self._seconds))
        except ServiceError as error:
            # Whatever is wrong over there, the comment is neither lost nor published unseen.
            log.warning("comment not checked", extra={"video": video_id, "error": error.reason})
            return UNCHECKED
