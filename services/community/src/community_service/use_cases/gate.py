"""What a text passes before it is saved: the phases of this service, then the model of inference."""

from collections.abc import Iterable

from community_service.domain.comments import ModerationStatus, Verdict
from community_service.domain.concerns import Concern
from community_service.domain.phases import OF_HISTORY, OF_TEXT, PHASES, Phase, Rules, Submission, judge, together
from community_service.errors import CommentRejected, CommentsTooOften
from community_service.ports import CommentReader, Comments, Moderator
from servicekit.caller import current_caller
from servicekit.clock import Clock


class Gate:
    """Judges what the present caller wants to write. Refusals are raised, everything else is a verdict."""

    def __init__(self, moderator: Moderator, rules: Rules, clock: Clock) -> None:
        self._moderator = moderator
        self._rules = rules
        self._clock = clock

    async def admit(self, comments: CommentReader, text: str, video_id: str, request_id: str | None) -> Verdict:
        """All phases, for a new comment. Raises CommentRejected, CommentsTooOften."""
        return await self._judge(await self._submission(comments, text, request_id), video_id, PHASES)

    async def admit_edit(self, comments: CommentReader, text: str, video_id: str) -> Verdict:
        """The phases for an edit, which repeats nothing and is no further comment. Raises CommentRejected."""
        return await self._judge(await self._submission(comments, text), video_id, OF_TEXT)

    async def take_turn(self, comments: Comments) -> None:
        """From here on the author's comments are saved one after the other."""
        await comments.take_turn(current_caller().id)

    async def look_again(self, comments: CommentReader, text: str, request_id: str | None) -> None:
        """The phases of history once more: other comments may have been saved since. Raises CommentRejected, CommentsTooOften."""
        _refuse(judge(await self._submission(comments, text, request_id), self._rules, OF_HISTORY))

    async def _judge(self, submission: Submission, video_id: str, phases: Iterable[Phase]) -> Verdict:
        ruled = _refuse(judge(submission, self._rules, phases))
        judged = await self._moderator.judge(submission.text, video_id, current_caller().id)
        return together((ruled, _refuse(judged)))

    async def _submission(self, comments: CommentReader, text: str, request_id: str | None = None) -> Submission:
        now, caller = self._clock(), current_caller()
        recent = await comments.recent(caller.id, now - self._rules.memory, request_id)
        published = await self._published(comments, caller.id)
        return Submission(text, now, caller.is_moderator, recent, published)

    async def _published(self, comments: CommentReader, user_id: str) -> int:
        """Not asked for when the answer would change nothing."""
        enough = self._rules.newcomer_comments
        return await comments.count_published(user_id, enough) if enough else 0


def concern_of(verdict: Verdict) -> Concern:
    """Why a withheld text waits for a moderator."""
    return Concern.HELP if verdict.resources else Concern.WITHHELD


def _refuse(verdict: Verdict) -> Verdict:
    if verdict.status is not ModerationStatus.REJECTED:
        return verdict
    if verdict.retry_after is not None:
        raise CommentsTooOften(retry_after=verdict.retry_after, why=verdict.reason, phase=verdict.phase)
    raise CommentRejected(fields={"text": verdict.reason}, reasons=verdict.reason, phase=verdict.phase)
