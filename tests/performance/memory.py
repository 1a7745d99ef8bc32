"""What the gateway and the kit cost by themselves: the video API answered from memory, guarded as every service is."""

from typing import Any

from content_service.convert import videos as convert
from content_service.domain import below_gateway
from content_service.storage.statements import feed
from littlemonster.content.v1 import content_service_pb2 as pb
from littlemonster.content.v1.content_service_pb2_grpc import VideoServiceServicer, add_VideoServiceServicer_to_server
from servicekit.kit import Kit, run
from servicekit.settings import ServiceSettings

_MOST = 1_000_000


class Memory(VideoServiceServicer):
    """Knows all videos as ready messages; a feed is always the same page."""

    def __init__(self, videos: list[pb.Video]) -> None:
        self._videos = {video.id: video for video in videos}
        self._page = pb.ListVideosResponse(videos=videos[:20], next_page_token="A" * 96)

    async def GetVideo(self, request: pb.GetVideoRequest, context: Any) -> pb.Video:
        return self._videos[request.video_id]

    async def ListVideos(self, request: pb.ListVideosRequest, context: Any) -> pb.ListVideosResponse:
        return self._page


async def serve(kit: Kit[ServiceSettings]) -> None:
    """Reads everything once, then never asks the database again."""
    database = await kit.database()
    stored = await database.all(feed("recent", frozenset(), False, _MOST))
    videos = [convert.video(video, {video.id: below_gateway(video.id)}) for video in stored]
    await kit.serve((add_VideoServiceServicer_to_server, Memory(videos)))


if __name__ == "__main__":
    run("content", ServiceSettings, serve)
