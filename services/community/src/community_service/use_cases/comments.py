"""Writing and reading comments."""

from collections.abc import Callable

from community_service.domain.comments import (
    Comment,
    Draft,
    ModerationStatus,
    Sort,
    Verdict,
    Video,
    depth_below,
    write,
)
from community_service.domain.moderation import Concern
from community_service.domain.texts import plain_text
from community_service.errors import CommentNotFound, CommentRejected
from community_service.ports import Cursor, Moderator, Store
from community_service.use_cases.videos import PublicVideos, hold
from servicekit.caller import current_caller
from servicekit.clock import Clock


class Discussion:
    """What an account does with comments."""

    def __init__(
        self,
        store: Store,
        videos: PublicVideos,
        moderator: Moderator,
        clock: Clock,
        new_id: Callable[[], str],
        *,
        deepest: int = 4,
    ) -> None:
        """`deepest`: how many answers deep a thread may go."""
        self._store = store
        self._videos = videos
        self._moderator = moderator
        self._clock = clock
        self._new_id = new_id
        self._deepest = deepest

    async def create(self, draft: Draft) -> Comment:
        """Checks the text, then saves it; a refused one is not saved.

        Raises CommentEmpty, CommentRejected, VideoNotFound, ParentNotFound, ReplyTooDeep.
        """
        if made := await self._made_before(draft):
            return made
        # Other services are asked here, before the transaction: it must not stay open for as long as they take.
        video, depth = await self._place(draft)
        verdict = await self._moderator.judge(plain_text(draft.text), video.id)
        if verdict.status is ModerationStatus.REJECTED:
            raise CommentRejected(fields={"text": verdict.reason}, reasons=verdict.reason)
        return await self._save(draft, video, depth, verdict)

    async def get(self, comment_id: str) -> Comment:
        """One comment. Raises CommentNotFound."""
        if comment := await self._store.reads.comments.get(comment_id):
            return comment
        raise CommentNotFound(comment=comment_id)

    async def threads(self, video_id: str, sort: Sort, size: int, after: Cursor | None) -> list[Comment]:
        """A page of the comments on a video that answer no other."""
        return await self._store.reads.comments.threads(video_id, sort, size, after)

    async def replies(self, comment_id: str, size: int, after: Cursor | None) -> list[Comment]:
        """A page of the answers to a comment, the oldest first. Raises CommentNotFound."""
        await self.get(comment_id)
        return await self._store.reads.comments.replies(comment_id, size, after)

    async def _made_before(self, draft: Draft) -> Comment | None:
        if draft.request_id is None:
            return None
        return await self._store.reads.comments.by_request(current_caller().id, draft.request_id)

    async def _place(self, draft: Draft) -> tuple[Video, int]:
        """The video a draft belongs to and how deep it stands there, once it is clear that it may."""
        video = await self._videos.find(draft.video_id)
        if draft.parent_id is None:
            return video, 0
        parent = await self._store.reads.comments.get(draft.parent_id)
        return video, depth_below(parent, draft.parent_id, video, self._deepest)

    async def _save(self, draft: Draft, video: Video, depth: int, verdict: Verdict) -> Comment:
        now, author = self._clock(), current_caller().id
        comment = write(draft, comment_id=self._new_id(), user_id=author, depth=depth, verdict=verdict, now=now)
        async with self._store.begin() as work:
            await hold(work, video)
            if not await work.comments.add(comment):
                # Two requests with one request id met here; the other one won.
                return await work.comments.by_request(author, draft.request_id or "") or comment
            if comment.is_visible:
                totals = await work.comments.count_visible(comment)
                await work.comment_created(comment, totals)
            else:
                await work.queue.put(comment.id, Concern.WITHHELD, now)
        return comment
