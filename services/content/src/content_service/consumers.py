"""What the content worker hears. Each event is acknowledged after its transaction; failures are retried, then parked."""

from collections.abc import Callable

from content_service.convert import videos as convert
from content_service.ports import Media, Work
from content_service.use_cases.media import settle
from littlemonster.auth.v1.auth_events_pb2 import UserDeleted
from littlemonster.community.v1 import community_events_pb2 as events
from littlemonster.content.v1.content_events_pb2 import VideoDeleted, VideoStatusChanged
from littlemonster.content.v1.content_service_pb2 import VIDEO_STATUS_FAILED, VIDEO_STATUS_PUBLIC, VIDEO_STATUS_REJECTED
from servicekit.database import Database, Transaction
from servicekit.messaging.broker import Broker
from servicekit.messaging.consumer import Consumer, Handler, on
from servicekit.personal_data.erasure import Erasure

_ENDED = (VIDEO_STATUS_PUBLIC, VIDEO_STATUS_REJECTED, VIDEO_STATUS_FAILED)


class Events:
    """Ratings and numbers of comments, of which the newest version counts; and the media of videos that end."""

    def __init__(self, work: Callable[[Transaction], Work], media: Media) -> None:
        """`work` makes the unit of work of a transaction."""
        self._work = work
        self._media = media

    def handlers(self) -> list[Handler]:
        """What to do with each subject."""
        return [
            on("rating.submitted", events.RatingSubmitted, self.rated),
            on("rating.deleted", events.RatingDeleted, self.rated),
            on("comment.created", events.CommentCreated, self.commented),
            on("comment.deleted", events.CommentDeleted, self.commented),
            on("video.status_changed", VideoStatusChanged, self.moved),
            on("video.deleted", VideoDeleted, self.deleted),
        ]

    async def rated(self, event: events.RatingSubmitted | events.RatingDeleted, transaction: Transaction) -> None:
        await self._work(transaction).apply_rating(convert.rating_totals(event))

    async def commented(self, event: events.CommentCreated | events.CommentDeleted, transaction: Transaction) -> None:
        await self._work(transaction).apply_comment_count(event.comment.video_id, event.comment_count, event.version)

    async def moved(self, event: VideoStatusChanged, transaction: Transaction) -> None:
        # The event may be old: it says that something has ended, and not what the video is now.
        if event.status in _ENDED:
            await settle(self._work(transaction), self._media, event.video_id)

    async def deleted(self, event: VideoDeleted, transaction: Transaction) -> None:
        await settle(self._work(transaction), self._media, event.video_id)


def erasures(broker: Broker, database: Database, erasure: Erasure) -> Consumer:
    """Erases accounts that ask for it."""
    return Consumer(
        broker, database, durable="content-erasure", handlers=[on("user.deleted", UserDeleted, erasure.apply)]
    )
