"""Community's data in memory: the same visibility and the same all-or-nothing as the real store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime

from community_service.domain.comments import Comment, CommentTotals, ModerationStatus, Sort, Video, VideoState
from community_service.domain.moderation import Concern, Decision, QueueItem, Report
from community_service.domain.ratings import Rating, RatingTotals
from community_service.ports import Cursor, QueueCursor
from servicekit.caller import caller_or_none

Told = tuple[str, Comment | Rating, CommentTotals | RatingTotals]


@dataclass(slots=True)
class State:
    """Everything that is saved."""

    videos: dict[str, Video] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)
    revisions: dict[str, list[str]] = field(default_factory=dict)
    reports: dict[tuple[str, str], Report] = field(default_factory=dict)
    queue: dict[str, QueueItem] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    comment_totals: dict[str, CommentTotals] = field(default_factory=dict)
    ratings: dict[tuple[str, str], Rating] = field(default_factory=dict)
    rating_totals: dict[str, RatingTotals] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)


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

    async def save(self, comment: Comment) -> None:
        self._state.comments[comment.id] = comment

    async def keep_revision(self, comment: Comment) -> None:
        self._state.revisions.setdefault(comment.id, []).append(comment.text)

    async def revisions(self, comment_id: str) -> list[str]:
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

    def _count(self, comment: Comment, by: int) -> CommentTotals:
        before = self._state.comment_totals.get(comment.video_id, CommentTotals(comment.video_id, 0, 0))
        totals = CommentTotals(comment.video_id, before.count + by, before.version + 1)
        self._state.comment_totals[comment.video_id] = totals
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


class FakeQueue:
    def __init__(self, state: State) -> None:
        self._state = state

    async def page(self, size: int, after: QueueCursor | None) -> list[QueueItem]:
        def key(item: QueueItem) -> QueueCursor:
            return -item.report_count, item.comment.id

        ordered = sorted(map(self._current, self._state.queue.values()), key=key)
        return [item for item in ordered if after is None or key(item) > (-after[0], after[1])][:size]

    async def decisions(self, comment_id: str) -> list[Decision]:
        return [each for each in self._state.decisions if each.comment_id == comment_id]

    async def put(self, comment_id: str, concern: Concern, now: datetime) -> None:
        comment = self._state.comments[comment_id]
        item = self._state.queue.setdefault(comment_id, QueueItem(comment, 0, (), None, None, now))
        if concern not in item.concerns:
            self._state.queue[comment_id] = replace(item, concerns=(*item.concerns, concern))

    async def report(self, report: Report) -> bool:
        key = (report.comment_id, report.reporter_id)
        if key in self._state.reports:
            return False
        self._state.reports[key] = report
        await self.put(report.comment_id, report.concern, report.create_time)
        item = self._state.queue[report.comment_id]
        self._state.queue[report.comment_id] = replace(item, report_count=item.report_count + 1)
        return True

    async def lock(self, comment_id: str) -> QueueItem | None:
        item = self._state.queue.get(comment_id)
        return self._current(item) if item else None

    async def save_claim(self, item: QueueItem) -> None:
        self._state.queue[item.comment.id] = item

    async def remove(self, comment_id: str) -> None:
        self._state.queue.pop(comment_id, None)

    async def record(self, decision: Decision) -> None:
        self._state.decisions.append(decision)

    def _current(self, item: QueueItem) -> QueueItem:
        return replace(item, comment=self._state.comments[item.comment.id])


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
        self.ratings = FakeRatings(state)
        self.videos = FakeVideos(state)

    async def comment_created(self, comment: Comment, totals: CommentTotals) -> None:
        self._state.told.append(("comment.created", comment, totals))

    async def comment_updated(self, comment: Comment) -> None:
        self._state.told.append(("comment.updated", comment, self._state.comment_totals[comment.video_id]))

    async def comment_deleted(self, comment: Comment, totals: CommentTotals) -> None:
        self._state.told.append(("comment.deleted", comment, totals))

    async def comment_moderated(self, comment: Comment, moderator_id: str) -> None:
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
    def ratings(self) -> FakeRatings:
        return FakeRatings(self._store.saved)

    @property
    def videos(self) -> FakeVideos:
        return FakeVideos(self._store.saved)
