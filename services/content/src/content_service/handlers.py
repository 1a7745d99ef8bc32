"""The API of lesson videos: convert, call, convert."""

from collections.abc import AsyncIterator

from google.protobuf.empty_pb2 import Empty

from content_service.convert import videos as convert
from content_service.domain import Video
from content_service.ports import MediaLinks
from content_service.use_cases.managing import Management
from content_service.use_cases.searching import Searching
from content_service.use_cases.videos import Videos
from littlemonster.content.v1 import content_service_pb2 as pb
from littlemonster.content.v1.content_service_pb2_grpc import VideoServiceServicer
from servicekit.interceptors import Context
from servicekit.pagination import page_size


class VideoHandlers(VideoServiceServicer):
    """All of VideoService."""

    def __init__(self, videos: Videos, management: Management, searching: Searching, media: MediaLinks) -> None:
        self._videos = videos
        self._management = management
        self._searching = searching
        self._links = media.links

    async def CreateVideo(self, request: pb.CreateVideoRequest, context: Context) -> pb.Video:
        return await self._video(await self._videos.create(convert.wish(request)))

    async def BatchCreateVideos(
        self, request: pb.BatchCreateVideosRequest, context: Context
    ) -> pb.BatchCreateVideosResponse:
        videos = await self._videos.create_all([convert.wish(item) for item in request.requests])
        links = await self._links(videos)
        return pb.BatchCreateVideosResponse(videos=[convert.video(video, links) for video in videos])

    async def GetVideo(self, request: pb.GetVideoRequest, context: Context) -> pb.Video:
        return await self._video(await self._videos.get(request.video_id))

    async def ListVideos(self, request: pb.ListVideosRequest, context: Context) -> pb.ListVideosResponse:
        query, size = convert.feed_query(request), page_size(request.page_size)
        page = await self._videos.feed(query, size, request.page_token)
        return convert.page(page, await self._links(page.videos))

    async def SearchVideos(self, request: pb.SearchVideosRequest, context: Context) -> pb.SearchVideosResponse:
        query, size = convert.search_query(request), page_size(request.page_size)
        found = await self._searching.find(query, size, request.page_token)
        return convert.matches(found, await self._links(found.videos))

    async def WatchVideo(self, request: pb.WatchVideoRequest, context: Context) -> AsyncIterator[pb.VideoProgress]:
        async for progress in self._videos.watch(request.video_id):
            yield convert.progress(progress)

    async def ViewVideo(self, request: pb.ViewVideoRequest, context: Context) -> pb.ViewVideoResponse:
        await self._management.view(request.video_id)
        return pb.ViewVideoResponse()

    async def DeleteVideo(self, request: pb.DeleteVideoRequest, context: Context) -> Empty:
        await self._management.delete(request.video_id)
        return Empty()

    async def CancelVideo(self, request: pb.CancelVideoRequest, context: Context) -> pb.Video:
        return await self._video(await self._management.cancel(request.video_id))

    async def RetryVideo(self, request: pb.RetryVideoRequest, context: Context) -> pb.Video:
        return await self._video(await self._management.retry(request.video_id))

    async def SetVideoStatus(self, request: pb.SetVideoStatusRequest, context: Context) -> pb.Video:
        status = convert.status(request.status)
        return await self._video(await self._management.decide(request.video_id, status, request.reason))

    async def _video(self, video: Video) -> pb.Video:
        return convert.video(video, await self._links([video]))
