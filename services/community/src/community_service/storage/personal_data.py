"""All community holds of a person, to hand out and to erase. What stands for others' words stays, without the person."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, Integer, Text, TextClause, Uuid, bindparam, delete, func, select, text, update

from community_service import convert
from community_service.domain.comments import CommentTotals, ModerationStatus
from community_service.domain.ratings import Rating, RatingTotals
from community_service.tables import METADATA
from littlemonster.community.v1.community_events_pb2 import CommentDeleted
from littlemonster.community.v1.community_service_pb2 import MODERATION_STATUS_APPROVED, Comment
from servicekit.database import Transaction, compile_command, compile_statement
from servicekit.personal_data.erasure import NOBODY
from servicekit.personal_data.records import records

_NAMES = ("videos", "comments", "comment_revisions", "reports", "decisions", "ratings", "moderation_queue", "appeals")
_videos, _comments, _revisions, _reports, _decisions, _ratings, _queue, _appeals = (
    METADATA.tables[name] for name in _NAMES
)
EVERYTHING = (
    records(_comments, "user_id"),
    records(_revisions, "user_id"),
    records(_ratings, "user_id"),
    records(_reports, "reporter_id"),
    records(_decisions, "moderator_id"),
    records(_decisions, "user_id", without=("moderator_id",), name="decisions_on_own_comments"),
    records(_appeals, "user_id", without=("answered_by",)),
)

_person = bindparam("person", type_=Uuid)
_of_theirs = select(_comments.c.id).where(_comments.c.user_id == _person)
_MINE = _comments.c.user_id == _person


@dataclass(frozen=True, slots=True)
class _Held:
    """A comment of the person's, and whether everybody could read it."""

    id: str
    video_id: str
    parent_id: str | None
    create_time: datetime
    visible: bool


# Held before the totals, as everybody does: a moderator may decide on one of them at this moment.
_HOLD = compile_statement(
    select(
        _comments.c.id,
        _comments.c.video_id,
        _comments.c.parent_id,
        _comments.c.create_time,
        ((_comments.c.status == ModerationStatus.APPROVED.value) & ~_comments.c.deleted).label("visible"),
    )
    .where(_MINE)
    .order_by(_comments.c.id)
    .with_for_update(),
    row=_Held,
)
# What concerns the person's own comments, while these can still be told.
_BEFORE = [
    compile_command(statement)
    for statement in (
        update(_decisions).where(_decisions.c.user_id == _person).values(user_id=NOBODY, reason=""),
        delete(_queue).where(_queue.c.comment_id.in_(_of_theirs)),
        delete(_appeals).where(_appeals.c.user_id == _person),
        delete(_revisions).where(_revisions.c.user_id == _person),
    )
]
_UNNAME = compile_command(
    update(_comments)
    .where(_MINE)
    .values(
        user_id=NOBODY,
        text="",
        reason="",
        resources="",
        mentions=[],
        request_id=None,
        deleted=True,
        update_time=func.now(),
    )
)
_AFTER = [
    compile_command(statement)
    for statement in (
        # A number of its own each: two erased accounts may have reported the same comment.
        update(_reports)
        .where(_reports.c.reporter_id == _person)
        .values(reporter_id=func.gen_random_uuid(type_=Uuid), note=""),
        update(_queue).where(_queue.c.claimed_by == _person).values(claimed_by=None, claim_time=None),
        update(_appeals).where(_appeals.c.answered_by == _person).values(answered_by=NOBODY),
        update(_decisions).where(_decisions.c.moderator_id == _person).values(moderator_id=NOBODY),
    )
]
# What others wrote stays as they wrote it, but no longer points at the account.
_UNMENTION = compile_command(
    text(
        "UPDATE comments SET mentions = (SELECT coalesce(jsonb_agg(each), '[]') FROM jsonb_array_elements(mentions) AS each "
        "WHERE each->>'user_id' <> :name) WHERE mentions @> jsonb_build_array(jsonb_build_object('user_id', cast(:name AS text)))"
    ).bindparams(bindparam("name", type_=Text))
)
_UNOWN = compile_command(update(_videos).where(_videos.c.created_by == bindparam("name")).values(created_by=""))


def _counted(sql: str) -> TextClause:
    ids, numbers = bindparam("ids", type_=ARRAY(Uuid)), bindparam("numbers", type_=ARRAY(Integer))
    return text(sql).bindparams(ids, numbers)


# In the order of their keys, so that two erasures at once do not wait for each other in a ring.
_HOLD_COMMENT_TOTALS = compile_command(
    text("SELECT 1 FROM comment_totals WHERE video_id = ANY(:ids) ORDER BY video_id FOR UPDATE").bindparams(
        bindparam("ids", type_=ARRAY(Uuid))
    )
)
_COUNT_COMMENTS = compile_statement(
    _counted(
        "UPDATE comment_totals SET count = count - gone.number, version = version + gone.number "
        "FROM unnest(:ids, :numbers) AS gone (id, number) WHERE video_id = gone.id RETURNING video_id, count, version"
    ),
    row=CommentTotals,
)
_COUNT_REPLIES = compile_command(
    _counted(
        "UPDATE threads SET reply_count = reply_count - gone.number "
        "FROM unnest(:ids, :numbers) AS gone (id, number) WHERE comment_id = gone.id"
    )
)
# A stream that goes on where another ended is told that they are gone.
_MARK = compile_command(
    text("UPDATE comments SET version = :version WHERE id = ANY(:comments)").bindparams(
        bindparam("comments", type_=ARRAY(Uuid)), bindparam("version", type_=Integer)
    )
)
_HOLD_RATING_TOTALS = compile_command(
    text(
        "SELECT 1 FROM rating_totals WHERE video_id IN (SELECT video_id FROM ratings WHERE user_id = :person) "
        "ORDER BY video_id FOR UPDATE"
    ).bindparams(_person)
)


def _taken(
    video_id: str, stars: int, create_time: datetime, update_time: datetime, histogram: list[int], version: int
) -> tuple[Rating, RatingTotals]:
    rating = Rating(video_id, NOBODY, stars, create_time, update_time)
    return rating, RatingTotals(video_id, tuple(histogram), version)


_TAKE_RATINGS = compile_statement(
    text(
        "WITH gone AS (DELETE FROM ratings WHERE user_id = :person RETURNING video_id, stars, create_time, update_time) "
        "UPDATE rating_totals SET histogram[gone.stars] = histogram[gone.stars] - 1, version = version + 1 "
        "FROM gone WHERE rating_totals.video_id = gone.video_id "
        "RETURNING gone.*, histogram, version"
    ).bindparams(_person),
    row=_taken,
)


async def erase(transaction: Transaction, user_id: str) -> int:
    """Comments become empty ones of nobody, ratings go, totals and events follow. Returns how many rows that were."""
    # Videos first: whoever deletes one holds it before its comments.
    rows = await transaction.execute(_UNOWN, name=user_id)
    rows += await _erase_comments(transaction, user_id)
    rows += await _erase_ratings(transaction, user_id)
    rows += await transaction.execute(_UNMENTION, name=user_id)
    for statement in _AFTER:
        rows += await transaction.execute(statement, person=user_id)
    return rows


async def _erase_comments(transaction: Transaction, user_id: str) -> int:
    held = await transaction.all(_HOLD, person=user_id)
    rows = sum([await transaction.execute(statement, person=user_id) for statement in _BEFORE])
    rows += await transaction.execute(_UNNAME, person=user_id)
    visible = [each for each in held if each.visible]
    totals = await _uncount(transaction, visible)
    for total in totals.values():
        ids = [each.id for each in visible if each.video_id == total.video_id]
        await transaction.execute(_MARK, comments=ids, version=total.version)
    for each in visible:
        count = totals[each.video_id]
        message = CommentDeleted(comment=_left_of(each), comment_count=count.count, version=count.version)
        await transaction.emit("comment.deleted", message, each.id)
    return rows


def _left_of(held: _Held) -> Comment:
    left = Comment(
        id=held.id,
        video_id=held.video_id,
        user_id=NOBODY,
        parent_id=held.parent_id or "",
        moderation_status=MODERATION_STATUS_APPROVED,
        deleted=True,
    )
    left.create_time.FromDatetime(held.create_time)
    left.update_time.GetCurrentTime()
    return left


async def _uncount(transaction: Transaction, gone: Sequence[_Held]) -> dict[str, CommentTotals]:
    """The totals without those comments, by video: all events tell the same, last, state."""
    videos = Counter(each.video_id for each in gone)
    parents = Counter(each.parent_id for each in gone if each.parent_id)
    await transaction.execute(_HOLD_COMMENT_TOTALS, ids=list(videos))
    totals = await transaction.all(_COUNT_COMMENTS, ids=list(videos), numbers=list(videos.values()))
    await transaction.execute(_COUNT_REPLIES, ids=list(parents), numbers=list(parents.values()))
    return {each.video_id: each for each in totals}


async def _erase_ratings(transaction: Transaction, user_id: str) -> int:
    await transaction.execute(_HOLD_RATING_TOTALS, person=user_id)
    taken = await transaction.all(_TAKE_RATINGS, person=user_id)
    for rating, totals in taken:
        await transaction.emit("rating.deleted", convert.ratings.rating_deleted(rating, totals), totals.video_id)
    return len(taken)
