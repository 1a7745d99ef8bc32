"""What waits for moderators, what they decided, and what authors say against it."""

from datetime import datetime
from typing import Protocol

from community_service.domain.appeals import Appeal
from community_service.domain.concerns import Concern
from community_service.domain.moderation import Decision, QueueItem, Record, Report

# How pressing the last item of the page before was, and its comment's id.
QueueCursor = tuple[float, str]


class QueueReader(Protocol):
    """What waits for moderators; for them alone."""

    async def page(self, size: int, after: QueueCursor | None) -> list[QueueItem]:
        """Up to `size` items, the most pressing first and then the oldest comment, that follow the one at `after`."""
        ...

    async def decisions(self, comment_id: str) -> list[Decision]:
        """The last 100 decisions on a comment, the newest first; for moderators and the author, empty for others."""
        ...

    async def sanctions(self, user_id: str) -> list[Decision]:
        """The last 100 warnings and suspensions of an account that were not overturned, the newest first."""
        ...

    async def record_of(self, reporter_id: str) -> Record:
        """What became of an account's reports."""
        ...


class Queue(QueueReader, Protocol):
    """The queue inside a unit of work."""

    async def put(self, comment_id: str, concern: Concern, now: datetime) -> None:
        """Makes a comment wait for a moderator; when it does already, for this as well."""
        ...

    async def report(self, report: Report) -> bool:
        """False, and nothing saved, when the account has reported the comment before; else the comment waits."""
        ...

    async def lock(self, comment_id: str) -> QueueItem | None:
        """The item of a comment, which nobody else changes until the work ends; None when it does not wait."""
        ...

    async def save_claim(self, item: QueueItem) -> None:
        """Saves who works on it and since when."""
        ...

    async def remove(self, comment_id: str) -> None:
        """The comment does not wait any longer, if it did."""
        ...

    async def record(self, decision: Decision) -> None:
        """Adds to the history."""
        ...

    async def last_decision(self, comment_id: str) -> Decision | None:
        """The newest decision on a comment; None when there was none."""
        ...

    async def decision(self, decision_id: str) -> Decision | None:
        """One decision; None when there is none."""
        ...

    async def overturn(self, decision_id: str) -> None:
        """The decision counts no more."""
        ...

    async def settle(self, comment_id: str, *, upheld: bool) -> None:
        """Remembers of all reports of a comment whether they were right."""
        ...


class AppealReader(Protocol):
    """Appeals, for the author and for moderators."""

    async def of_comment(self, comment_id: str) -> Appeal | None:
        """The appeal against the newest decision that was appealed; None when there is none the caller may read."""
        ...


class Appeals(AppealReader, Protocol):
    """Appeals inside a unit of work."""

    async def add(self, appeal: Appeal) -> bool:
        """False, and nothing saved, when the decision was appealed before."""
        ...

    async def lock(self, appeal_id: str) -> Appeal | None:
        """The appeal, which nobody else changes until the work ends; None when there is none."""
        ...

    async def save(self, appeal: Appeal) -> None:
        """Saves an appeal that was locked."""
        ...
