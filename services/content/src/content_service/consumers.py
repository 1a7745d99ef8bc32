"""What content hears from community. Each event is acknowledged after its transaction; failures are retried, then parked."""

from content_service.convert import videos as convert
from content_service.storage.work import PostgresWork
from littlemonster.community.v1.community_events_pb2 import (
    CommentCreated,
    CommentDeleted,
    RatingDeleted,
    RatingSubmitted,
)
from servicekit.database import Transaction
from servicekit.messaging.consumer import Handler, on


async def rating_changed(event: RatingSubmitted | RatingDeleted, transaction: Transaction) -> None:
    """The video's sums; an event older than what is kept changes nothing."""
    await PostgresWork(transaction).apply_rating(convert.rating_totals(event))


async def comments_changed(event: CommentCreated | CommentDeleted, transaction: Transaction) -> None:
    """The video's number of comments; an event older than what is kept changes nothing."""
    work = PostgresWork(transaction)
    await work.apply_comment_count(event.comment.video_id, event.comment_count, event.version)


HANDLERS: list[Handler] = [
    on("rating.submitted", RatingSubmitted, rating_changed),
    on("rating.deleted", RatingDeleted, rating_changed),
    on("comment.created", CommentCreated, comments_changed),
    on("comment.deleted", CommentDeleted, comments_changed),
]
