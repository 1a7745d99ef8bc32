"""Writing and reading comments."""

from collections.abc import Callable

from community_service.domain.comments import (
    Comment,
    Draft,
    Sort,
    Verdict,
    Video,
    check_author,
    depth_below,
    write,
)
from community_service.domain.phases import Written
from community_service.domain.texts import plain_text
from community_service.errors import CommentNotFound
from community_service.ports import CommentReader, Cursor, Store, Work
from community_service.use_cases.gate import Gate, concern_of
from community_service.use_cases.mentioning import Mentioning
from community_service.use_cases.standing import Authors
from community_service.use_cases.videos import PublicVideos, hold
from servicekit.caller import current_caller
from servicekit.clock import Clock


class Discussion:
    """What an account does with comments."""

    def __init__(
        self,
        store: Store,
        videos: PublicVideos,
        gate: Gate,
        authors: Authors,
        mentioning: Mentioning,
        clock: Clock,
        new_id: Callable[[], str],
        *,
        deepest: int = 4,
    ) -> None:
        """`deepest`: how many answers deep a thread may go."""
        self._store = store
        self._videos = videos
        self._gate = gate
        self._authors = authors
        self._mentioning = mentioning
        self._clock = clock
        self._new_id = new_id
        self._deepest = deepest

    async def create(self, draft: Draft) -> Comment:
        """Checks the text, then saves it; a refused one is not saved.

        Raises CommentEmpty, CommentRejected, CommentsTooOften, CommunitySuspended, VideoNotFound, ParentNotFound,
        ReplyTooDeep.
        """
        text = plain_text(draft.text)
        if made := await _made_before(self._store.reads.comments, draft):
            return made
        await self._authors.check()
        # Other services are asked here, before the transaction: it must not stay open for as long as they take.
        video, depth = await self._place(draft)
        verdict = await self._gate.admit(self._store.reads.comments, text, video.id, draft.request_id)
        comment = write(
            draft,
            comment_id=self._new_id(),
            author=current_caller(),
            depth=depth,
            verdict=verdict,
            mentions=await self._mentioning.of(text),
            now=self._clock(),
        )
        return await self._save(draft, comment, video, verdict)

    async def get(self, comment_id: str) -> Comment:
        """One comment. Raises CommentNotFound."""
        if comment := await self._store.reads.comments.get(comment_id):
            return comment
        raise CommentNotFound(comment=comment_id)

    async def revisions(self, comment_id: str) -> list[Written]:
        """Texts an own comment had before; any comment's for moderators. Raises CommentNotFound, CommentNotYours."""
        comment, caller = await self.get(comment_id), current_caller()
        if not caller.is_moderator:
            check_author(comment, caller.id)
        return await self._store.reads.comments.revisions(comment_id)

    async def threads(self, video_id: str, sort: Sort, size: int, after: Cursor | None) -> list[Comment]:
        """A page of the comments on a video that answer no other."""
        return await self._store.reads.comments.threads(video_id, sort, size, after)

    async def replies(self, comment_id: str, size: int, after: Cursor | None) -> list[Comment]:
        """A page of the answers to a comment, the oldest first. Raises CommentNotFound."""
        await self.get(comment_id)
        return await self._store.reads.comments.replies(comment_id, size, after)

    async def _place(self, draft: Draft) -> tuple[Video, int]:
        """The video a draft belongs to and how deep it stands there, once it is clear that it may."""
        video = await self._videos.find(draft.video_id)
        if draft.parent_id is None:
            return video, 0
        parent = await self._store.reads.comments.get(draft.parent_id)
        return video, depth_below(parent, draft.parent_id, video, self._deepest)

    async def _save(self, draft: Draft, comment: Comment, video: Video, verdict: Verdict) -> Comment:
        async with self._store.begin() as work:
            await self._gate.take_turn(work.comments)
            if made := await _made_before(work.comments, draft):
                return made  # two requests with one request id met here; the other one won
            await self._gate.look_again(work.comments, comment.text, draft.request_id)
            await hold(work, video)
            await work.comments.add(comment)
            await _publish(work, comment, verdict)
        return comment


async def _made_before(comments: CommentReader, draft: Draft) -> Comment | None:
    if draft.request_id is None:
        return None
    return await comments.by_request(current_caller().id, draft.request_id)


async def _publish(work: Work, comment: Comment, verdict: Verdict) -> None:
    """Tells everybody, or the moderators."""
    if comment.is_visible:
        await work.comment_created(comment, await work.comments.count_visible(comment))
    else:
        await work.queue.put(comment.id, concern_of(verdict), comment.create_time)
