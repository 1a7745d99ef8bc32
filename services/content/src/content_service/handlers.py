"""The API of lesson videos: convert, call, convert."""

from collections.abc import AsyncIterator
from typing import Any

from content_service.convert import videos as convert
from content_service.use_cases.videos import Videos
from littlemonster.content.v1 import content_service_pb2 as pb
from littlemonster.content.v1.content_service_pb2_grpc import VideoServiceServicer
from servicekit.pagination import page_size


class VideoHandlers(VideoServiceServicer):
    """What is built of VideoService; the rest answers UNIMPLEMENTED."""

    def __init__(self, videos: Videos) -> None:
        self._videos = videos

    async def CreateVideo(self, request: pb.CreateVideoRequest, context: Any) -> pb.Video:
        return convert.video(await self._videos.create(convert.wish(request)))

    async def GetVideo(self, request: pb.GetVideoRequest, context: Any) -> pb.Video:
        return convert.video(await self._videos.get(request.video_id))

    async def ListVideos(self, request: pb.ListVideosRequest, context: Any) -> pb.ListVideosResponse:
        query, size = convert.feed_query(request), page_size(request.page_size)
        return convert.page(await self._videos.feed(query, size, request.page_token))

    async def WatchVideo(self, request: pb.WatchVideoRequest, context: Any) -> AsyncIterator[pb.VideoProgress]:
        async for progress in self._videos.watch(request.video_id):
            yield convert.progress(progress)
