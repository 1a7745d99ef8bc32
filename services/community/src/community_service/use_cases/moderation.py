"""Reporting comments, and deciding on those that wait for a moderator."""

from collections.abc import Callable
from dataclasses import replace

from community_service.domain.comments import Comment
from community_service.domain.moderation import (
    Action,
    Concern,
    Decision,
    QueueItem,
    Report,
    check_claim,
    check_decision,
    check_report,
    decide,
)
from community_service.errors import AlreadyReported, CommentNotFound, ItemNotFound
from community_service.ports import QueueCursor, Store
from community_service.use_cases.editing import tell
from servicekit.caller import current_caller
from servicekit.clock import Clock


class Moderation:
    """What accounts tell moderators, and what those do."""

    def __init__(self, store: Store, clock: Clock, new_id: Callable[[], str]) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id

    async def report(self, comment_id: str, concern: Concern, note: str) -> None:
        """Puts a comment before the moderators. Raises CommentNotFound, OwnCommentReported, NoteRequired, AlreadyReported."""
        comment = await self._store.reads.comments.get(comment_id)
        if comment is None or comment.deleted:
            raise CommentNotFound(comment=comment_id)
        report = Report(comment_id, current_caller().id, concern, note, self._clock())
        check_report(report, comment)
        async with self._store.begin() as work:
            if not await work.queue.report(report):
                raise AlreadyReported(comment=comment_id)

    async def decide(self, comment_id: str, action: Action, reason: str) -> Comment:
        """Approves, refuses or hides a comment; only a hidden one goes on waiting.

        Raises CommentNotFound, OwnCommentModerated, ReasonRequired, ItemClaimed.
        """
        now, moderator = self._clock(), current_caller().id
        decision = Decision(self._new_id(), comment_id, moderator, action, reason.strip(), now)
        async with self._store.begin() as work:
            before = await work.comments.lock(comment_id)
            if before is None or before.deleted:
                raise CommentNotFound(comment=comment_id)
            check_decision(before, decision)
            if item := await work.queue.lock(comment_id):
                check_claim(item, moderator, now)
            after = decide(before, decision)
            await work.comments.save(after)
            await work.queue.record(decision)
            await work.queue.remove(comment_id)
            if action is Action.HIDE:
                await work.queue.put(comment_id, Concern.HIDDEN, now)
            await tell(work, before, after)
            await work.comment_moderated(after, moderator)
        return after

    async def waiting(self, size: int, after: QueueCursor | None) -> list[QueueItem]:
        """A page of what waits, the most reported first."""
        return await self._store.reads.queue.page(size, after)

    async def claim(self, comment_id: str) -> QueueItem:
        """Takes an item so that nobody else works on it for a while. Raises ItemNotFound, ItemClaimed."""
        now, moderator = self._clock(), current_caller().id
        async with self._store.begin() as work:
            item = await work.queue.lock(comment_id)
            if item is None:
                raise ItemNotFound(item=comment_id)
            check_claim(item, moderator, now)
            claimed = replace(item, claimed_by=moderator, claim_time=now)
            await work.queue.save_claim(claimed)
        return claimed
