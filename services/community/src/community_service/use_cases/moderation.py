"""What moderators do with comments that wait for them."""

from collections.abc import Callable
from dataclasses import replace

from community_service.domain.appeals import check_no_appeal
from community_service.domain.comments import Comment
from community_service.domain.concerns import Concern
from community_service.domain.moderation import (
    Action,
    Decision,
    QueueItem,
    Ruling,
    check_claim,
    decide,
    is_repeat,
    rule,
    upholds,
)
from community_service.domain.texts import clean
from community_service.errors import CommentNotFound, ItemNotFound
from community_service.ports import QueueCursor, Store, Work
from community_service.use_cases.editing import tell
from servicekit.caller import current_caller
from servicekit.clock import Clock


class Moderation:
    """The queue, claims, decisions and their history."""

    def __init__(self, store: Store, clock: Clock, new_id: Callable[[], str]) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id

    async def decide(self, comment_id: str, ruling: Ruling) -> Comment:
        """Decides on a comment, and with WARN and SUSPEND on its author; only a hidden one goes on waiting.

        A repeat changes nothing. Raises CommentNotFound, OwnCommentModerated, ReasonRequired, ItemClaimed, AppealPending.
        """
        now, moderator = self._clock(), current_caller().id
        ruling = replace(ruling, reason=clean(ruling.reason))
        async with self._store.begin() as work:
            before = await work.comments.lock(comment_id)
            if before is None or before.deleted:
                raise CommentNotFound(comment=comment_id)
            decision = rule(before, ruling, decision_id=self._new_id(), moderator_id=moderator, now=now)
            if item := await work.queue.lock(comment_id):
                check_claim(item, moderator, now)
            check_no_appeal(await work.appeals.of_comment(comment_id))
            if is_repeat(decision, await work.queue.last_decision(comment_id), before):
                return before
            after = decide(before, decision)
            await work.comments.save(after)
            await _settle(work, decision)
            await tell(work, before, after)
            await work.comment_moderated(after, decision)
        return after

    async def waiting(self, size: int, after: QueueCursor | None) -> list[QueueItem]:
        """A page of what waits, the most pressing first."""
        return await self._store.reads.queue.page(size, after)

    async def history(self, comment_id: str) -> list[Decision]:
        """What was decided on a comment, the newest first."""
        return await self._store.reads.queue.decisions(comment_id)

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


async def _settle(work: Work, decision: Decision) -> None:
    """Keeps the decision, takes the comment out of the queue, and tells the reporters' records who was right."""
    await work.queue.record(decision)
    await work.queue.remove(decision.comment_id)
    if decision.action is Action.HIDE:
        await work.queue.put(decision.comment_id, Concern.HIDDEN, decision.create_time)
    if (upheld := upholds(decision.action)) is not None:
        await work.queue.settle(decision.comment_id, upheld=upheld)
