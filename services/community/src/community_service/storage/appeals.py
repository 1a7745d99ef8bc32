"""Appeals against decisions."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from community_service.domain.appeals import Appeal
from community_service.domain.comments import ModerationStatus
from community_service.storage.executor import Executor
from community_service.tables import AppealRow
from servicekit.database import Transaction, compile_command, compile_statement

_appeals = AppealRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


def _appeal(
    id: str,
    comment_id: str,
    user_id: str,
    statement: str,
    create_time: datetime,
    status: str,
    answer: str,
    answered_by: str | None,
    answer_time: datetime | None,
) -> Appeal:
    return Appeal(
        id, comment_id, user_id, statement, create_time, ModerationStatus(status), answer, answered_by, answer_time
    )


# An appeal has the id of its decision, and ids begin with the time they were made.
OF_COMMENT = compile_statement(
    select(_appeals).where(_appeals.c.comment_id == bindparam("comment_id")).order_by(_appeals.c.id.desc()).limit(1),
    _appeal,
)
LOCK = compile_statement(select(_appeals).where(_appeals.c.id == bindparam("id")).with_for_update(), _appeal)
ADD = compile_command(
    insert(_appeals)
    .values({column.name: bindparam(f"new_{column.name}") for column in _appeals.c})
    .on_conflict_do_nothing(index_elements=[_appeals.c.id])
)
SAVE = compile_command(
    update(_appeals)
    .where(_appeals.c.id == bindparam("appeal_id"))
    .values({name: bindparam(name) for name in ("status", "answer", "answered_by", "answer_time")})
)


class PostgresAppealReader:
    """Reads appeals, each by itself or inside a transaction. Row-level security tells who may."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def of_comment(self, comment_id: str) -> Appeal | None:
        return await self._executor.one(OF_COMMENT, comment_id=comment_id)


class PostgresAppeals(PostgresAppealReader):
    """Appeals inside a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._transaction = transaction

    async def add(self, appeal: Appeal) -> bool:
        columns = asdict(appeal) | {"status": appeal.status.value}
        return await self._transaction.execute(ADD, **{f"new_{name}": value for name, value in columns.items()}) == 1

    async def lock(self, appeal_id: str) -> Appeal | None:
        return await self._transaction.one(LOCK, id=appeal_id)

    async def save(self, appeal: Appeal) -> None:
        await self._transaction.execute(
            SAVE,
            appeal_id=appeal.id,
            status=appeal.status.value,
            answer=appeal.answer,
            answered_by=appeal.answered_by,
            answer_time=appeal.answer_time,
        )
