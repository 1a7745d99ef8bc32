"""Telling moderators about a comment; many reports take it out of sight by themselves."""

from community_service.domain.comments import Comment
from community_service.domain.concerns import Concern
from community_service.domain.moderation import Report, check_report, hide, hides_itself
from community_service.domain.texts import clean
from community_service.errors import AlreadyReported, CommentNotFound
from community_service.ports import Store, Work
from community_service.use_cases.acting import COMMUNITY
from community_service.use_cases.editing import tell
from servicekit.caller import acting_as, current_caller
from servicekit.clock import Clock


class Reporting:
    """What accounts tell moderators."""

    def __init__(self, store: Store, clock: Clock, *, threshold: float) -> None:
        """`threshold`: how much the reports of a comment weigh together before it waits for a moderator unseen."""
        self._store = store
        self._clock = clock
        self._threshold = threshold

    async def report(self, comment_id: str, concern: Concern, note: str) -> None:
        """Puts a comment before the moderators. Raises CommentNotFound, OwnCommentReported, NoteRequired, AlreadyReported."""
        reporter = current_caller().id
        comment = await self._store.reads.comments.get(comment_id)
        if comment is None or comment.deleted:
            raise CommentNotFound(comment=comment_id)
        record = await self._store.reads.queue.record_of(reporter)
        report = Report(comment_id, reporter, concern, clean(note), self._clock(), record.weight)
        check_report(report, comment)
        with acting_as(COMMUNITY):  # a reporter may take nothing out of sight
            async with self._store.begin() as work:
                await self._save(work, report)

    async def _save(self, work: Work, report: Report) -> None:
        before = await work.comments.lock(report.comment_id)
        if before is None or before.deleted:
            raise CommentNotFound(comment=report.comment_id)
        if not await work.queue.report(report):
            raise AlreadyReported(comment=report.comment_id)
        await self._weigh(work, before)

    async def _weigh(self, work: Work, before: Comment) -> None:
        item = await work.queue.lock(before.id)
        last = await work.queue.last_decision(before.id)
        if item and hides_itself(item, last, self._threshold):
            after = hide(before, self._clock())
            await work.comments.save(after)
            await tell(work, before, after)
            await work.comment_moderated(after, None)
