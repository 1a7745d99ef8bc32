"""Keyset pages: the first rows of a query, and the rows after a given one."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Integer, Select, bindparam, tuple_

from community_service.ports import Cursor
from community_service.storage.executor import Executor
from servicekit.database import Statement, compile_statement

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Pages(Generic[Row]):
    """The two statements of one ordered query."""

    first: Statement[Row]
    later: Statement[Row]

    async def read(self, executor: Executor, size: int, after: Cursor | None, **parameters: Any) -> list[Row]:
        """Up to `size` rows that follow the one with the sort key `after`."""
        if after is None:
            return await executor.all(self.first, size=size, **parameters)
        key, row_id = after
        return await executor.all(self.later, size=size, after_key=key, after_id=row_id, **parameters)


def pages(
    query: Select[Any],
    key: ColumnElement[Any],
    row_id: ColumnElement[Any],
    row: Any,
    *,
    descending: bool,
) -> Pages[Any]:
    """The query's rows ordered by `key`, and by `row_id` where keys are equal."""
    order = (key.desc(), row_id.desc()) if descending else (key, row_id)
    here = tuple_(key, row_id)
    last = tuple_(bindparam("after_key", type_=key.type), bindparam("after_id", type_=row_id.type))
    ordered = query.order_by(*order).limit(bindparam("size", type_=Integer))
    return Pages(
        first=compile_statement(ordered, row),
        later=compile_statement(ordered.where(here < last if descending else here > last), row),
    )
