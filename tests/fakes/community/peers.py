"""Content and inference in memory, as ports and as servicers for the adapters to call."""

from collections.abc import Callable
from typing import Any

from community_service.domain.comments import UNCHECKED, ModerationStatus, Verdict, Video
from community_service.domain.mentions import Called, Person
from littlemonster.auth.v1 import user_service_pb2 as auth
from littlemonster.auth.v1.user_service_pb2_grpc import UserServiceServicer
from littlemonster.content.v1 import content_service_pb2 as content
from littlemonster.content.v1.content_service_pb2_grpc import VideoServiceServicer
from littlemonster.inference.v1 import inference_service_pb2 as inference
from littlemonster.inference.v1.inference_service_pb2_grpc import ModerationServiceServicer
from servicekit.errors import NotFound

APPROVED = Verdict(ModerationStatus.APPROVED)


class FakeCatalogue:
    """Content's PUBLIC videos; `asked` counts the questions."""

    def __init__(self, *videos: Video) -> None:
        self.videos = {video.id: video for video in videos}
        self.asked = 0

    async def find(self, video_id: str) -> Video | None:
        self.asked += 1
        return self.videos.get(video_id)


class FakeModerator:
    """Finds what is told to it of a text, else that everything is fine."""

    def __init__(self, verdicts: dict[str, Verdict] | None = None) -> None:
        self.verdicts = verdicts or {}
        self.down = False
        self.asked: list[str] = []

    async def judge(self, text: str, video_id: str, author: str) -> Verdict:
        self.asked.append(text)
        return UNCHECKED if self.down else self.verdicts.get(text, APPROVED)


class FakeDirectory:
    """Accounts by id and name; `asked` keeps the questions."""

    def __init__(self, *people: Person) -> None:
        self.people = list(people)
        self.asked: list[Called] = []

    async def find(self, called: Called) -> list[Person]:
        self.asked.append(called)
        return [each for each in self.people if each.id in called.ids or each.display_name.lower() in called.names]


class VideoMissing(NotFound):
    """Content's own error, as community sees it over the wire."""

    reason = "VIDEO_NOT_FOUND"
    message = "There is no video {video}. Check the id."


class ContentServicer(VideoServiceServicer):
    """The content service with these videos, or failing with `failure`."""

    def __init__(self, *videos: content.Video) -> None:
        self.videos = {video.id: video for video in videos}
        self.failure: Exception | None = None
        self.asked = 0

    async def GetVideo(self, request: content.GetVideoRequest, context: Any) -> content.Video:
        self.asked += 1
        if self.failure:
            raise self.failure
        if request.video_id not in self.videos:
            raise VideoMissing(video=request.video_id)
        return self.videos[request.video_id]


class InferenceServicer(ModerationServiceServicer):
    """The inference service answering by `rule`, or failing with `failure`."""

    def __init__(self, rule: Callable[[str], inference.ModerateResponse] | None = None) -> None:
        self.rule = rule or (lambda text: inference.ModerateResponse(approved=True))
        self.failure: Exception | None = None
        self.asked: list[inference.ModerateRequest] = []

    async def Moderate(self, request: inference.ModerateRequest, context: Any) -> inference.ModerateResponse:
        self.asked.append(request)
        if self.failure:
            raise self.failure
        return self.rule(request.content)


class UserServicer(UserServiceServicer):
    """The auth service with these accounts, or failing with `failure`."""

    def __init__(self, *users: auth.User) -> None:
        self.users = list(users)
        self.failure: Exception | None = None

    async def FindUsers(self, request: auth.FindUsersRequest, context: Any) -> auth.FindUsersResponse:
        if self.failure:
            raise self.failure
        names = [name.lower() for name in request.display_names]
        found = [user for user in self.users if user.id in request.user_ids or user.display_name.lower() in names]
        return auth.FindUsersResponse(users=found)
