"""What content hears from community. Each event is acknowledged after its transaction; failures are retried, then parked."""

from collections.abc import Callable

from content_service.convert import videos as convert
from content_service.ports import Work
from littlemonster.community.v1 import community_events_pb2 as events
from servicekit.database import Transaction
from servicekit.messaging.consumer import Handler, on


class CommunityEvents:
    """Keeps a video's ratings and number of comments; an event older than what is kept changes nothing."""

    def __init__(self, work: Callable[[Transaction], Work]) -> None:
        """`work` makes the unit of work of a transaction."""
        self._work = work

    def handlers(self) -> list[Handler]:
        """What to do with each subject."""
        return [
            on("rating.submitted", events.RatingSubmitted, self.rated),
            on("rating.deleted", events.RatingDeleted, self.rated),
            on("comment.created", events.CommentCreated, self.commented),
            on("comment.deleted", events.CommentDeleted, self.commented),
        ]

    async def rated(self, event: events.RatingSubmitted | events.RatingDeleted, transaction: Transaction) -> None:
        await self._work(transaction).apply_rating(convert.rating_totals(event))

    async def commented(self, event: events.CommentCreated | events.CommentDeleted, transaction: Transaction) -> None:
        await self._work(transaction).apply_comment_count(event.comment.video_id, event.comment_count, event.version)
