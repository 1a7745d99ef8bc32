"""Which videos may be talked about: what events told, and content itself for a video too new for that."""

from dataclasses import replace

from community_service.domain.comments import Video, VideoState
from community_service.errors import VideoNotFound
from community_service.ports import Catalogue, Reads, Work


class PublicVideos:
    """Finds videos that everybody may watch."""

    def __init__(self, reads: Reads, catalogue: Catalogue) -> None:
        self._reads = reads
        self._catalogue = catalogue

    async def find(self, video_id: str) -> Video:
        """The video. Asks content once when no event told that it is PUBLIC. Raises VideoNotFound, Unavailable."""
        known = await self._reads.videos.get(video_id)
        if known and known.is_public:
            return known
        if known and known.state is VideoState.DELETED:
            raise VideoNotFound(video=video_id)
        if found := await self._catalogue.find(video_id):
            return replace(found, version=known.version if known else 0)
        raise VideoNotFound(video=video_id)


async def hold(work: Work, video: Video) -> None:
    """Keeps a video public until the work is saved. Raises VideoNotFound when it stopped being so meanwhile."""
    held = await work.videos.hold(video.id)
    if held is None or not held.is_public:
        await work.videos.learn(video)
        await still_public(work, video.id)


async def still_public(work: Work, video_id: str) -> None:
    """Keeps a video public until the work is saved. Raises VideoNotFound when it is not so any more."""
    held = await work.videos.hold(video_id)
    if held is None or not held.is_public:
        raise VideoNotFound(video=video_id)


async def learn(work: Work, video: Video) -> None:
    """Takes over what an event told; a deleted video takes its comments and ratings along."""
    await work.videos.learn(video)
    if video.state is VideoState.DELETED:
        await work.comments.forget_video(video.id)
        await work.ratings.forget_video(video.id)
