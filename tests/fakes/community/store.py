"""Community's data in memory: the same visibility and the same all-or-nothing as the real store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import datetime

from fakes.community.moderation import FakeAppeals, FakeQueue
from fakes.community.state import State, Told

from community_service.domain.appeals import Appeal
from community_service.domain.changes import Change, change_since
from community_service.domain.comments import Comment, CommentTotals, ModerationStatus, Sort, Video, VideoState
from community_service.domain.moderation import Decision
from community_service.domain.phases import Written
from community_service.domain.ratings import Rating, RatingTotals
from community_service.ports import Cursor
from servicekit.caller import caller_or_none


class FakeVideos:
    def __init__(self, state: State) -> None:
        self._state = state

    async def get(self, video_id: str) -> Video | None:
        return self._state.videos.get(video_id)

    hold = get

    async def learn(self, video: Video) -> None:
        known = self._state.videos.get(video.id)
        if known is None:
            self._state.videos[video.id] = video
        elif known.state is not VideoState.DELETED and (
            video.state is VideoState.DELETED or video.version >= known.version
        ):
            self._state.videos[video.id] = replace(video, created_by=known.created_by)


class FakeComments:
    def __init__(self, state: State) -> None:
        self._state = state

    async def get(self, comment_id: str) -> Comment | None:
        return next((comment for comment in self._standing() if comment.id == comment_id), None)

    async def lock(self, comment_id: str) -> Comment | None:
        caller = caller_or_none()
        comment = self._state.comments.get(comment_id)
        allowed = comment and caller and (caller.is_moderator or caller.id == comment.user_id)
        return comment if allowed else None

    async def take_turn(self, user_id: str) -> None:
        """Units of work take turns anyway."""

    async def recent(self, user_id: str, since: datetime, request_id: str | None) -> list[Written]:
        written = [c for c in self._state.comments.values() if c.user_id == user_id and c.create_time > since]
        found = [c for c in written if c.request_id is None or c.request_id != request_id]
        return [Written(c.text, c.create_time) for c in sorted(found, key=lambda c: c.create_time, reverse=True)][:100]

    async def count_published(self, user_id: str, most: int) -> int:
        return min(most, sum(c.user_id == user_id and c.is_visible for c in self._state.comments.values()))

    async def save(self, comment: Comment) -> None:
        self._state.comments[comment.id] = comment

    async def keep_revision(self, comment: Comment) -> int:
        kept = self._state.revisions.setdefault(comment.id, [])
        kept.append(Written(comment.text, comment.update_time))
        return len(kept)

    async def revisions(self, comment_id: str) -> list[Written]:
        return self._state.revisions.get(comment_id, []) if await self.lock(comment_id) else []

    async def by_request(self, user_id: str, request_id: str) -> Comment | None:
        wanted = (user_id, request_id)
        return next((c for c in self._readable() if (c.user_id, c.request_id) == wanted), None)

    async def threads(self, video_id: str, sort: Sort, size: int, after: Cursor | None) -> list[Comment]:
        found = [c for c in self._standing() if c.video_id == video_id and c.parent_id is None]
        return _page(found, sort, size, after)

    async def replies(self, comment_id: str, size: int, after: Cursor | None) -> list[Comment]:
        return _page([c for c in self._standing() if c.parent_id == comment_id], Sort.OLDEST, size, after)

    async def add(self, comment: Comment) -> bool:
        key = (comment.user_id, comment.request_id)
        if comment.request_id and any((c.user_id, c.request_id) == key for c in self._state.comments.values()):
            return False
        self._state.comments[comment.id] = comment
        return True

    async def count_visible(self, comment: Comment) -> CommentTotals:
        return self._count(comment, 1)

    async def count_hidden(self, comment: Comment) -> CommentTotals:
        return self._count(comment, -1)

    async def count_edited(self, comment: Comment) -> CommentTotals:
        return self._count(comment, 0)

    async def version_of(self, video_id: str) -> int:
        totals = self._state.comment_totals.get(video_id)
        return totals.version if totals else 0

    async def changed(self, video_id: str, since: int, most: int) -> list[Change]:
        found = [c for c in self._state.comments.values() if c.video_id == video_id]
        changes = [change_since(c, *self._state.versions.get(c.id, (0, 0)), since) for c in found]
        return sorted((c for c in changes if c.version > since), key=lambda c: c.version)[:most]

    def _count(self, comment: Comment, by: int) -> CommentTotals:
        before = self._state.comment_totals.get(comment.video_id, CommentTotals(comment.video_id, 0, 0))
        totals = CommentTotals(comment.video_id, before.count + by, before.version + 1)
        self._state.comment_totals[comment.video_id] = totals
        _, appeared = self._state.versions.get(comment.id, (0, 0))
        self._state.versions[comment.id] = (totals.version, totals.version if by > 0 else appeared)
        if comment.parent_id:
            parent = self._state.comments[comment.parent_id]
            self._state.comments[parent.id] = replace(parent, reply_count=parent.reply_count + by)
        return totals

    async def forget_video(self, video_id: str) -> None:
        for comment in [c for c in self._state.comments.values() if c.video_id == video_id]:
            del self._state.comments[comment.id]
            self._state.queue.pop(comment.id, None)
        self._state.comment_totals.pop(video_id, None)

    def _is_public(self, video_id: str) -> bool:
        video = self._state.videos.get(video_id)
        return video is not None and video.is_public

    def _standing(self) -> list[Comment]:
        """What is deleted only stands for its answers."""
        return [comment for comment in self._readable() if not comment.deleted or comment.reply_count]

    def _readable(self) -> list[Comment]:
        caller = caller_or_none()
        return [
            comment
            for comment in self._state.comments.values()
            if (comment.status is ModerationStatus.APPROVED and self._is_public(comment.video_id))
            or (caller and (caller.is_moderator or caller.id == comment.user_id))
        ]


def _page(comments: list[Comment], sort: Sort, size: int, after: Cursor | None) -> list[Comment]:
    def key(comment: Comment) -> Cursor:
        return (comment.reply_count if sort is Sort.TOP else comment.create_time, comment.id)

    descending = sort is not Sort.OLDEST
    ordered = sorted(comments, key=key, reverse=descending)
    if after is not None:
        ordered = [c for c in ordered if (key(c) < after if descending else key(c) > after)]
    return ordered[:size]


class FakeRatings:
    def __init__(self, state: State) -> None:
        self._state = state

    async def get(self, video_id: str, user_id: str) -> Rating | None:
        caller = caller_or_none()
        mine = caller is not None and (caller.id == user_id or caller.role == "SERVICE")
        return self._state.ratings.get((video_id, user_id)) if mine else None

    async def totals(self, video_id: str) -> RatingTotals:
        return self._state.rating_totals.get(video_id, RatingTotals(video_id))

    lock_totals = totals

    async def save_totals(self, totals: RatingTotals) -> None:
        self._state.rating_totals[totals.video_id] = totals

    async def save(self, rating: Rating) -> None:
        self._state.ratings[(rating.video_id, rating.user_id)] = rating

    async def remove(self, rating: Rating) -> None:
        del self._state.ratings[(rating.video_id, rating.user_id)]

    async def forget_video(self, video_id: str) -> None:
        for key in [key for key in self._state.ratings if key[0] == video_id]:
            del self._state.ratings[key]
        self._state.rating_totals.pop(video_id, None)


class FakeWork:
    """All of the stores on one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.comments = FakeComments(state)
        self.queue = FakeQueue(state)
        self.appeals = FakeAppeals(state)
        self.ratings = FakeRatings(state)
        self.videos = FakeVideos(state)

    async def comment_created(self, comment: Comment, totals: CommentTotals) -> None:
        self._state.told.append(("comment.created", comment, totals))

    async def comment_updated(self, before: Comment, comment: Comment, totals: CommentTotals) -> None:
        self._state.told.append(("comment.updated", comment, totals))

    async def comment_deleted(self, comment: Comment, totals: CommentTotals) -> None:
        self._state.told.append(("comment.deleted", comment, totals))

    async def comment_moderated(
        self, comment: Comment, decision: Decision | None, appeal: Appeal | None = None
    ) -> None:
        totals = self._state.comment_totals.get(comment.video_id, CommentTotals(comment.video_id, 0, 0))
        self._state.told.append(("comment.moderated", comment, totals))

    async def rating_submitted(self, rating: Rating, totals: RatingTotals) -> None:
        self._state.told.append(("rating.submitted", rating, totals))

    async def rating_deleted(self, rating: Rating, totals: RatingTotals) -> None:
        self._state.told.append(("rating.deleted", rating, totals))


class FakeStore:
    """Units of work take turns; each works on a copy that is saved when its block ends well."""

    def __init__(self) -> None:
        self._saved = State()
        self._turn = asyncio.Lock()
        self.reads = FakeReads(self)

    @property
    def told(self) -> list[Told]:
        """The events that left, in order."""
        return self._saved.told

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[FakeWork]:
        async with self._turn:
            copy = deepcopy(self._saved)
            yield FakeWork(copy)
            self._saved = copy

    @property
    def saved(self) -> State:
        """What every read sees now."""
        return self._saved


class FakeReads:
    """Reads of whatever is saved when they run."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    @property
    def comments(self) -> FakeComments:
        return FakeComments(self._store.saved)

    @property
    def queue(self) -> FakeQueue:
        return FakeQueue(self._store.saved)

    @property
    def appeals(self) -> FakeAppeals:
        return FakeAppeals(self._store.saved)

    @property
    def ratings(self) -> FakeRatings:
        return FakeRatings(self._store.saved)

    @property
    def videos(self) -> FakeVideos:
        return FakeVideos(self._store.saved)
