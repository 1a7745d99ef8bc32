"""What moderators decided about an author, and what that keeps the author from."""

from dataclasses import dataclass
from datetime import datetime

from community_service.domain.moderation import Action, Decision
from community_service.errors import CommunitySuspended


@dataclass(frozen=True, slots=True)
class Standing:
    """The warnings and suspensions of one account that were not overturned, the newest first."""

    decisions: tuple[Decision, ...] = ()

    @property
    def warnings(self) -> int:
        """How often the account was warned."""
        return sum(each.action is Action.WARN for each in self.decisions)

    def suspension(self, now: datetime) -> Decision | None:
        """The suspension that ends last; None when the account may write."""
        running = [each for each in self.decisions if each.end_time and each.end_time > now]
        return max(running, key=lambda each: each.end_time or now, default=None)


def check_standing(suspension: Decision | None) -> None:
    """Raises CommunitySuspended, with when it ends and why."""
    if suspension is None or suspension.end_time is None:
        return
    raise CommunitySuspended(
        until=suspension.end_time.isoformat(timespec="seconds").replace("+00:00", "Z"),
        why=suspension.reason,
        comment=suspension.comment_id,
    )
