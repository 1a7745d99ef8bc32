"""Appealing a decision, and answering."""

from dataclasses import replace

from community_service.domain.appeals import Appeal, against, answered, check_answer
from community_service.domain.comments import Comment, check_author
from community_service.domain.concerns import Concern
from community_service.domain.moderation import Decision, approve, check_claim
from community_service.domain.texts import words
from community_service.errors import AlreadyAppealed, AppealNotFound, CommentNotFound, NothingAppealed
from community_service.ports import Store, Work
from community_service.use_cases.acting import COMMUNITY
from community_service.use_cases.editing import tell
from servicekit.caller import acting_as, current_caller
from servicekit.clock import Clock


class Appeals:
    """What authors say against decisions, and what other moderators answer."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def appeal(self, comment_id: str, statement: str) -> Appeal:
        """Puts the last decision on an own comment, deleted or not, before another moderator.

        Raises WordsMissing, CommentNotFound, CommentNotYours, NothingToAppeal, AlreadyAppealed.
        """
        statement, author = words(statement, "statement"), current_caller().id
        with acting_as(COMMUNITY):  # an author writes neither the queue nor what a decision is about
            async with self._store.begin() as work:
                _check_own(await work.comments.lock(comment_id), comment_id, author)
                decision = await work.queue.last_decision(comment_id)
                appeal = against(decision, comment_id, statement, self._clock())
                if not await work.appeals.add(appeal):
                    raise AlreadyAppealed(comment=comment_id)
                await work.queue.put(comment_id, Concern.APPEALED, appeal.create_time)
        return appeal

    async def of_comment(self, comment_id: str) -> Appeal:
        """The last appeal about a comment, for its author and moderators. Raises NothingAppealed."""
        if appeal := await self._store.reads.appeals.of_comment(comment_id):
            return appeal
        raise NothingAppealed(comment=comment_id)

    async def answer(self, appeal_id: str, text: str, *, granted: bool) -> Appeal:
        """Answers; when granted, the decision is overturned, the comment appears, and what kept its author away ends.

        Raises WordsMissing, AppealNotFound, AppealAnswered, OwnDecisionAppealed, OwnCommentModerated, ItemClaimed.
        """
        text, moderator, now = words(text, "answer"), current_caller().id, self._clock()
        async with self._store.begin() as work:
            comment, appeal, decision = await _held(work, appeal_id)
            check_answer(appeal, decision, moderator)
            if item := await work.queue.lock(appeal.comment_id):
                check_claim(item, moderator, now)
            done = answered(appeal, granted=granted, words=text, moderator_id=moderator, now=now)
            await work.appeals.save(done)
            await work.queue.remove(appeal.comment_id)
            if granted:
                decision = await _overturn(work, decision)
            await _restore(work, comment, decision, done)
        return done


async def _held(work: Work, appeal_id: str) -> tuple[Comment | None, Appeal, Decision]:
    """The comment, if it still exists, the appeal and the decision; locked in everybody's order. Raises AppealNotFound."""
    decision = await work.queue.decision(appeal_id)
    comment = await work.comments.lock(decision.comment_id) if decision else None
    appeal = await work.appeals.lock(appeal_id)
    if decision is None or appeal is None:
        raise AppealNotFound(appeal=appeal_id)
    return comment, appeal, decision


async def _overturn(work: Work, decision: Decision) -> Decision:
    """The decision counts no more, against the author as little as for those who reported the comment."""
    await work.queue.overturn(decision.id)
    await work.queue.settle(decision.comment_id, upheld=False)
    return replace(decision, overturned=True)


async def _restore(work: Work, comment: Comment | None, decision: Decision, appeal: Appeal) -> None:
    """Shows the comment again when its author was right, and tells about the answer."""
    if comment is None:
        return
    after = comment
    if decision.overturned and not comment.deleted:
        after = approve(comment, appeal.answer_time or comment.update_time)
        await work.comments.save(after)
        await tell(work, comment, after)
    await work.comment_moderated(after, decision, appeal)


def _check_own(comment: Comment | None, comment_id: str, author_id: str) -> None:
    """Raises CommentNotFound, CommentNotYours."""
    if comment is None or (comment.user_id != author_id and not comment.is_visible):
        raise CommentNotFound(comment=comment_id)
    check_author(comment, author_id)
