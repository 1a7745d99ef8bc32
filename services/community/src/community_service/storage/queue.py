"""What waits for moderators, and why."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Double,
    Integer,
    Text,
    any_,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from community_service.domain.concerns import URGENT, Concern
from community_service.domain.moderation import URGENCY, Decision, QueueItem, Record, Report
from community_service.ports import QueueCursor
from community_service.storage import decisions
from community_service.storage.executor import Executor
from community_service.storage.rows import ALL, comment_row
from community_service.tables import CommentRow, QueueItemRow, ReportRow
from servicekit.database import Transaction, compile_command, compile_statement

_items = QueueItemRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_comments = CommentRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_reports = ReportRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_OWN_COLUMNS = ("report_count", "concerns", "claimed_by", "claim_time", "create_time", "weight")


def _item(*row: Any) -> QueueItem:
    comment, own = row[: -len(_OWN_COLUMNS)], row[-len(_OWN_COLUMNS) :]
    report_count, concerns, claimed_by, claim_time, create_time, weight = own
    causes = tuple(map(Concern, concerns))
    return QueueItem(comment_row(*comment), report_count, causes, claimed_by, claim_time, create_time, weight)


_waiting = ALL.join(_items, _items.c.comment_id == _comments.c.id).add_columns(
    *(_items.c[name].label(f"item_{name}") for name in _OWN_COLUMNS)
)
_urgent = or_(*(cast(literal(each.value), Text) == any_(_items.c.concerns) for each in sorted(URGENT)))
_pressing = _items.c.weight + case((_urgent, cast(URGENCY, Double)), else_=cast(0.0, Double))
# The most pressing first, and then the oldest comment: ids sort by the time they were made.
_page = _waiting.order_by(_pressing.desc(), _items.c.comment_id).limit(bindparam("size", type_=Integer))
FIRST_PAGE = compile_statement(_page, _item)
LATER_PAGE = compile_statement(
    _page.where(
        tuple_(-_pressing, _items.c.comment_id)
        > tuple_(-bindparam("after", type_=Double), bindparam("after_id", type_=_items.c.comment_id.type))
    ),
    _item,
)
LOCK = compile_statement(
    _waiting.where(_items.c.comment_id == bindparam("comment_id")).with_for_update(of=_items), _item
)
_concern = cast(bindparam("concern", type_=Text), Text)
PUT = compile_command(
    insert(_items)
    .values(
        comment_id=bindparam("comment_id"),
        report_count=bindparam("reports", type_=Integer),
        concerns=func.array_append(cast([], _items.c.concerns.type), _concern),
        create_time=bindparam("create_time"),
        weight=bindparam("weight", type_=Double),
    )
    .on_conflict_do_update(
        index_elements=[_items.c.comment_id],
        set_={
            "report_count": _items.c.report_count + bindparam("reports", type_=Integer),
            "weight": _items.c.weight + bindparam("weight", type_=Double),
            "concerns": case(
                (_concern == any_(_items.c.concerns), _items.c.concerns),
                else_=func.array_append(_items.c.concerns, _concern),
            ),
        },
    )
)
CLAIM = compile_command(
    update(_items)
    .where(_items.c.comment_id == bindparam("item"))
    .values(claimed_by=bindparam("claimed_by"), claim_time=bindparam("claim_time"))
)
REMOVE = compile_command(delete(_items).where(_items.c.comment_id == bindparam("comment_id")))
REPORT = compile_command(
    insert(_reports)
    .values({column.name: bindparam(column.name) for column in _reports.c if column.name != "outcome"})
    .on_conflict_do_nothing(index_elements=[_reports.c.comment_id, _reports.c.reporter_id])
)
_outcome = func.count().filter
RECORD_OF = compile_statement(
    select(
        _outcome(_reports.c.outcome == "UPHELD").label("upheld"),
        _outcome(_reports.c.outcome == "DISMISSED").label("dismissed"),
    ).where(_reports.c.reporter_id == bindparam("reporter_id")),
    Record,
)
SETTLE = compile_command(
    update(_reports)
    .where(_reports.c.comment_id == bindparam("reported_id"))
    .values(outcome=bindparam("outcome", type_=Text))
)


class PostgresQueueReader:
    """Reads the queue, each time by itself or inside a transaction."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def page(self, size: int, after: QueueCursor | None) -> list[QueueItem]:
        if after is None:
            return await self._executor.all(FIRST_PAGE, size=size)
        return await self._executor.all(LATER_PAGE, size=size, after=after[0], after_id=after[1])

    async def decisions(self, comment_id: str) -> list[Decision]:
        return await self._executor.all(decisions.OF_COMMENT, comment_id=comment_id)

    async def sanctions(self, user_id: str) -> list[Decision]:
        return await self._executor.all(decisions.SANCTIONS, user_id=user_id)

    async def record_of(self, reporter_id: str) -> Record:
        return await self._executor.one(RECORD_OF, reporter_id=reporter_id) or Record()


class PostgresQueue(PostgresQueueReader):
    """The queue inside a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._transaction = transaction

    async def put(self, comment_id: str, concern: Concern, now: datetime) -> None:
        await self._put(comment_id, concern, now, reports=0, weight=0.0)

    async def report(self, report: Report) -> bool:
        if await self._transaction.execute(REPORT, **asdict(report) | {"concern": report.concern.value}) == 0:
            return False
        await self._put(report.comment_id, report.concern, report.create_time, reports=1, weight=report.weight)
        return True

    async def _put(self, comment_id: str, concern: Concern, now: datetime, *, reports: int, weight: float) -> None:
        await self._transaction.execute(
            PUT, comment_id=comment_id, concern=concern.value, create_time=now, reports=reports, weight=weight
        )

    async def lock(self, comment_id: str) -> QueueItem | None:
        return await self._transaction.one(LOCK, comment_id=comment_id)

    async def save_claim(self, item: QueueItem) -> None:
        await self._transaction.execute(
            CLAIM, item=item.comment.id, claimed_by=item.claimed_by, claim_time=item.claim_time
        )

    async def remove(self, comment_id: str) -> None:
        await self._transaction.execute(REMOVE, comment_id=comment_id)

    async def record(self, decision: Decision) -> None:
        await self._transaction.execute(decisions.RECORD, **decisions.columns(decision))

    async def last_decision(self, comment_id: str) -> Decision | None:
        return await self._transaction.one(decisions.LAST, comment_id=comment_id)

    async def decision(self, decision_id: str) -> Decision | None:
        return await self._transaction.one(decisions.GET, id=decision_id)

    async def overturn(self, decision_id: str) -> None:
        await self._transaction.execute(decisions.OVERTURN, decision_id=decision_id)

    async def settle(self, comment_id: str, *, upheld: bool) -> None:
        outcome = "UPHELD" if upheld else "DISMISSED"
        await self._transaction.execute(SETTLE, reported_id=comment_id, outcome=outcome)
