"""Ratings and their totals."""

from dataclasses import asdict

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from community_service.domain.ratings import Rating, RatingTotals
from community_service.storage.executor import Executor
from community_service.tables import RatingRow, RatingTotalsRow
from servicekit.database import Transaction, compile_command, compile_statement

_ratings = RatingRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_totals = RatingTotalsRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


def _row_totals(video_id: str, histogram: list[int], version: int) -> RatingTotals:
    return RatingTotals(video_id, tuple(histogram), version)


_own = (_ratings.c.video_id == bindparam("video_id"), _ratings.c.user_id == bindparam("user_id"))
_of_video = _totals.c.video_id == bindparam("video_id")
GET = compile_statement(select(_ratings).where(*_own), Rating)
TOTALS = compile_statement(select(_totals).where(_of_video), _row_totals)

_empty = insert(_totals).values(video_id=bindparam("video_id"), histogram=list(RatingTotals("").histogram), version=0)
LOCK_TOTALS = compile_statement(
    # An update that changes nothing: unlike DO NOTHING it locks and answers the row that is there already.
    _empty.on_conflict_do_update(
        index_elements=[_totals.c.video_id],
        set_={"version": _totals.c.version},
    ).returning(*_totals.c),
    _row_totals,
)
SAVE_TOTALS = compile_command(
    update(_totals).where(_of_video).values(histogram=bindparam("histogram"), version=bindparam("version"))
)
_given = insert(_ratings).values({column.name: bindparam(column.name) for column in _ratings.c})
SAVE = compile_command(
    _given.on_conflict_do_update(
        index_elements=[_ratings.c.video_id, _ratings.c.user_id],
        set_={"stars": _given.excluded.stars, "update_time": _given.excluded.update_time},
    )
)
REMOVE = compile_command(delete(_ratings).where(*_own))
FORGET_RATINGS = compile_command(delete(_ratings).where(_ratings.c.video_id == bindparam("video_id")))
FORGET_TOTALS = compile_command(delete(_totals).where(_of_video))


class PostgresRatingReader:
    """Reads ratings, each by itself or inside a transaction."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def get(self, video_id: str, user_id: str) -> Rating | None:
        return await self._executor.one(GET, video_id=video_id, user_id=user_id)

    async def totals(self, video_id: str) -> RatingTotals:
        return await self._executor.one(TOTALS, video_id=video_id) or RatingTotals(video_id)


class PostgresRatings(PostgresRatingReader):
    """Ratings inside a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._transaction = transaction

    async def lock_totals(self, video_id: str) -> RatingTotals:
        return await self._transaction.one(LOCK_TOTALS, video_id=video_id) or RatingTotals(video_id)

    async def save_totals(self, totals: RatingTotals) -> None:
        await self._transaction.execute(
            SAVE_TOTALS,
            video_id=totals.video_id,
            histogram=list(totals.histogram),
            version=totals.version,
        )

    async def save(self, rating: Rating) -> None:
        await self._transaction.execute(SAVE, **asdict(rating))

    async def remove(self, rating: Rating) -> None:
        await self._transaction.execute(REMOVE, video_id=rating.video_id, user_id=rating.user_id)

    async def forget_video(self, video_id: str) -> None:
        await self._transaction.execute(FORGET_RATINGS, video_id=video_id)
        await self._transaction.execute(FORGET_TOTALS, video_id=video_id)
