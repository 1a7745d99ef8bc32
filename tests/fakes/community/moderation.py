"""What waits for moderators, decisions and appeals in memory."""

from dataclasses import replace
from datetime import datetime

from fakes.community.state import State

from community_service.domain.appeals import Appeal
from community_service.domain.concerns import Concern
from community_service.domain.moderation import Action, Decision, QueueItem, Record, Report
from community_service.ports import QueueCursor
from servicekit.caller import caller_or_none


class FakeQueue:
    def __init__(self, state: State) -> None:
        self._state = state

    async def page(self, size: int, after: QueueCursor | None) -> list[QueueItem]:
        def key(item: QueueItem) -> QueueCursor:
            return -item.pressing, item.comment.id

        ordered = sorted(map(self._current, self._state.queue.values()), key=key)
        return [item for item in ordered if after is None or key(item) > (-after[0], after[1])][:size]

    async def decisions(self, comment_id: str) -> list[Decision]:
        return [each for each in self._readable() if each.comment_id == comment_id][:100]

    async def sanctions(self, user_id: str) -> list[Decision]:
        kinds = (Action.WARN, Action.SUSPEND)
        found = [each for each in self._readable() if each.user_id == user_id and each.action in kinds]
        return [each for each in found if not each.overturned][:100]

    async def record_of(self, reporter_id: str) -> Record:
        outcomes = [upheld for (_, reporter), upheld in self._state.outcomes.items() if reporter == reporter_id]
        return Record(outcomes.count(True), outcomes.count(False))

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
        self._state.queue[report.comment_id] = replace(
            item, report_count=item.report_count + 1, weight=item.weight + report.weight
        )
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

    async def last_decision(self, comment_id: str) -> Decision | None:
        return next(iter(await self.decisions(comment_id)), None)

    async def decision(self, decision_id: str) -> Decision | None:
        return next((each for each in self._readable() if each.id == decision_id), None)

    async def overturn(self, decision_id: str) -> None:
        kept = self._state.decisions
        self._state.decisions = [replace(each, overturned=True) if each.id == decision_id else each for each in kept]

    async def settle(self, comment_id: str, *, upheld: bool) -> None:
        self._state.outcomes |= {key: upheld for key in self._state.reports if key[0] == comment_id}

    def _readable(self) -> list[Decision]:
        """Those the caller may read, the newest first."""
        caller = caller_or_none()
        if caller is None:
            return []
        return [d for d in reversed(self._state.decisions) if caller.is_moderator or caller.id == d.user_id]

    def _current(self, item: QueueItem) -> QueueItem:
        return replace(item, comment=self._state.comments[item.comment.id])


class FakeAppeals:
    def __init__(self, state: State) -> None:
        self._state = state

    async def of_comment(self, comment_id: str) -> Appeal | None:
        found = [each for each in self._readable() if each.comment_id == comment_id]
        return max(found, key=lambda each: each.id, default=None)

    async def add(self, appeal: Appeal) -> bool:
        return self._state.appeals.setdefault(appeal.id, appeal) is appeal

    async def lock(self, appeal_id: str) -> Appeal | None:
        return next((each for each in self._readable() if each.id == appeal_id), None)

    async def save(self, appeal: Appeal) -> None:
        self._state.appeals[appeal.id] = appeal

    def _readable(self) -> list[Appeal]:
        caller = caller_or_none()
        if caller is None:
            return []
        return [each for each in self._state.appeals.values() if caller.is_moderator or caller.id == each.user_id]
