"""The unit of work on one transaction, and the reads that need none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from community_service import convert
from community_service.domain.appeals import Appeal
from community_service.domain.comments import Comment, CommentTotals
from community_service.domain.moderation import Decision
from community_service.domain.ratings import Rating, RatingTotals
from community_service.storage.appeals import PostgresAppealReader, PostgresAppeals
from community_service.storage.comments import PostgresCommentReader, PostgresComments
from community_service.storage.queue import PostgresQueue, PostgresQueueReader
from community_service.storage.ratings import PostgresRatingReader, PostgresRatings
from community_service.storage.videos import PostgresVideoReader, PostgresVideos
from servicekit.database import Database, Transaction


class PostgresReads:
    """Reads, each in one round trip of its own."""

    def __init__(self, database: Database) -> None:
        self.comments = PostgresCommentReader(database)
        self.queue = PostgresQueueReader(database)
        self.appeals = PostgresAppealReader(database)
        self.ratings = PostgresRatingReader(database)
        self.videos = PostgresVideoReader(database)


class PostgresWork:
    """One transaction's stores, and the events that leave if it commits."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.comments = PostgresComments(transaction)
        self.queue = PostgresQueue(transaction)
        self.appeals = PostgresAppeals(transaction)
        self.ratings = PostgresRatings(transaction)
        self.videos = PostgresVideos(transaction)

    async def comment_created(self, comment: Comment, totals: CommentTotals) -> None:
        await self._transaction.emit("comment.created", convert.comments.comment_created(comment, totals), comment.id)

    async def comment_updated(self, before: Comment, comment: Comment, totals: CommentTotals) -> None:
        message = convert.comments.comment_updated(before, comment, totals)
        await self._transaction.emit("comment.updated", message, comment.id)

    async def comment_deleted(self, comment: Comment, totals: CommentTotals) -> None:
        await self._transaction.emit("comment.deleted", convert.comments.comment_deleted(comment, totals), comment.id)

    async def comment_moderated(
        self, comment: Comment, decision: Decision | None, appeal: Appeal | None = None
    ) -> None:
        message = convert.moderation.comment_moderated(comment, decision, appeal)
        await self._transaction.emit("comment.moderated", message, comment.id)

    async def rating_submitted(self, rating: Rating, totals: RatingTotals) -> None:
        await self._transaction.emit(
            "rating.submitted", convert.ratings.rating_submitted(rating, totals), rating.video_id
        )

    async def rating_deleted(self, rating: Rating, totals: RatingTotals) -> None:
        await self._transaction.emit("rating.deleted", convert.ratings.rating_deleted(rating, totals), rating.video_id)


class PostgresStore:
    """The service's data."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.reads = PostgresReads(database)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresWork]:
        async with self._database.transaction() as transaction:
            yield PostgresWork(transaction)
