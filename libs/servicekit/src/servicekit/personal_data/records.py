"""Everything a service holds of a person, table by table, page by page: no more than a page is ever in memory."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, Table, Text, bindparam, cast, func, literal_column, select, tuple_

from servicekit.database import Database, Statement, compile_statement

_PAGE = 100
Row = tuple[tuple[Any, ...], str]


@dataclass(frozen=True, slots=True)
class Records:
    """One table's rows that belong to a person. `first` and `later` answer (primary key, JSON) in the key's order."""

    name: str
    first: Statement[Row]
    later: Statement[Row]


def records(table: Table, owner: str, *, without: Collection[str] = (), name: str = "") -> Records:
    """The rows whose column `owner` is the person, as JSON objects of all columns but those `without`.

    Leave out secrets, and what says nothing to a person, such as search indexes. `name` is the table's by default.
    """
    key = list(table.primary_key.columns)
    pairs = (part for column in table.c if column.name not in without for part in (_name(column.name), column))
    rows = (
        select(*key, cast(func.json_build_object(*pairs), Text))
        .where(table.c[owner] == bindparam("person", type_=table.c[owner].type))
        .order_by(*key)
        .limit(bindparam("size", type_=Integer))
    )
    last = tuple_(*(bindparam(f"after_{at}", type_=column.type) for at, column in enumerate(key)))
    return Records(
        name or table.name, compile_statement(rows, _row), compile_statement(rows.where(tuple_(*key) > last), _row)
    )


async def read(database: Database, everything: Iterable[Records], user_id: str) -> AsyncIterator[tuple[str, str]]:
    """(name, JSON) of each record; each name comes first once with "", so that what is empty is seen to be so."""
    for each in everything:
        yield each.name, ""
        page: Sequence[Row] = await database.all(each.first, person=user_id, size=_PAGE)
        while page:
            for _, record in page:
                yield each.name, record
            if len(page) < _PAGE:
                break
            after = {f"after_{at}": value for at, value in enumerate(page[-1][0])}
            page = await database.all(each.later, person=user_id, size=_PAGE, **after)


def _name(name: str) -> ColumnElement[str]:
    return literal_column(f"'{name}'")


def _row(*values: Any) -> Row:
    return values[:-1], values[-1]
