"""Changing and deleting what one has written."""

from datetime import timedelta

from community_service.domain.comments import (
    Comment,
    check_author,
    check_edit_window,
    check_edits,
    delete,
    edit,
)
from community_service.domain.concerns import Concern
from community_service.domain.texts import plain_text
from community_service.errors import CommentNotFound
from community_service.ports import Store, Work
from community_service.use_cases.gate import Gate, concern_of
from community_service.use_cases.mentioning import Mentioning
from community_service.use_cases.standing import Authors
from community_service.use_cases.videos import still_public
from servicekit.caller import current_caller
from servicekit.clock import Clock


class Editing:
    """What an account does with its own comments."""

    def __init__(
        self, store: Store, gate: Gate, authors: Authors, mentioning: Mentioning, clock: Clock, *, window: timedelta
    ) -> None:
        """`window`: how long after it was written a comment may be edited."""
        self._store = store
        self._gate = gate
        self._authors = authors
        self._mentioning = mentioning
        self._clock = clock
        self._window = window

    async def update(self, comment_id: str, text: str) -> Comment:
        """Checks the new text, then saves it and keeps the old one; the same text again changes nothing.

        Raises CommentNotFound, CommentNotYours, EditWindowClosed, EditedTooOften, CommentEmpty, CommentRejected,
        CommunitySuspended, VideoNotFound.
        """
        text = plain_text(text)
        comment = await self._own(comment_id)
        check_edit_window(comment, self._window, self._clock())
        if comment.text == text:
            return comment
        await self._authors.check()
        # Asked here, before the transaction: it must not stay open for as long as the answer takes.
        verdict = await self._gate.admit_edit(self._store.reads.comments, text, comment.video_id)
        mentions = await self._mentioning.of(text)
        async with self._store.begin() as work:
            await still_public(work, comment.video_id)
            before = await self._locked(work, comment_id)
            after = edit(before, text, verdict, mentions, self._clock())
            check_edits(await work.comments.keep_revision(before), before)
            await work.comments.save(after)
            if not after.is_visible and (before.is_visible or verdict.resources):
                await work.queue.put(comment_id, concern_of(verdict), after.update_time)
            await tell(work, before, after)
        return after

    async def delete(self, comment_id: str) -> None:
        """Takes the text away; the answers stay. Raises CommentNotFound, CommentNotYours."""
        await self._own(comment_id)
        async with self._store.begin() as work:
            before = await self._locked(work, comment_id)
            after = delete(before, self._clock())
            await work.comments.keep_revision(before)
            await work.comments.save(after)
            await _leave_queue(work, comment_id)
            await tell(work, before, after)

    async def _own(self, comment_id: str) -> Comment:
        comment = await self._store.reads.comments.get(comment_id)
        if comment is None or comment.deleted:
            raise CommentNotFound(comment=comment_id)
        check_author(comment, current_caller().id)
        return comment

    async def _locked(self, work: Work, comment_id: str) -> Comment:
        """The comment as it is now: it may have been deleted meanwhile."""
        comment = await work.comments.lock(comment_id)
        if comment is None or comment.deleted:
            raise CommentNotFound(comment=comment_id)
        return comment


async def _leave_queue(work: Work, comment_id: str) -> None:
    """A deleted comment waits for nobody, but an appeal against what was decided about its author still does."""
    item = await work.queue.lock(comment_id)
    if item and Concern.APPEALED not in item.concerns:
        await work.queue.remove(comment_id)


async def tell(work: Work, before: Comment, after: Comment) -> None:
    """Counts a comment that appeared or disappeared, and tells everybody what they see of the change."""
    if before.is_visible and not after.is_visible:
        await work.comment_deleted(after, await work.comments.count_hidden(after))
    elif after.is_visible and not before.is_visible:
        await work.comment_created(after, await work.comments.count_visible(after))
    elif after.is_visible and after.text != before.text:
        await work.comment_updated(before, after, await work.comments.count_edited(after))
