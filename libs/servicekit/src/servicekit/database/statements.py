"""SQLAlchemy statements compiled once, at import, to the SQL text psycopg runs. See docs/decisions/0002."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Generic, TypeVar, cast

from psycopg import AsyncCursor
from psycopg.rows import AsyncRowFactory
from psycopg.types.json import Jsonb
from sqlalchemy import JSON
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql import ClauseElement

Row = TypeVar("Row")
_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its dialects untyped


@dataclass(frozen=True, slots=True)
class Statement(Generic[Row]):
    """SQL text with named parameters, and what its rows become."""

    sql: str
    constants: Mapping[str, Any]
    parameters: frozenset[str]
    json_parameters: frozenset[str]
    row_factory: AsyncRowFactory[Row]

    def bind(self, given: dict[str, Any]) -> Mapping[str, Any]:
        """All parameters of one execution. Raises TypeError for a missing or an unknown one: that is a bug."""
        if given.keys() != self.parameters:
            raise TypeError(f"statement wants {sorted(self.parameters)}, was given {sorted(given)}")
        if self.json_parameters:
            given = given | {name: Jsonb(given[name]) for name in self.json_parameters}
        return {**self.constants, **given} if self.constants else given


def compile_statement(statement: ClauseElement, row: Callable[..., Row]) -> Statement[Row]:
    """A statement whose rows become `row`: a dataclass with the columns' names, or a function of the columns in order."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    names = cast("Mapping[Any, str]", compiled.bind_names)  # type: ignore[attr-defined]  # only SQLCompiler has it
    binds = {name: bind for bind, name in names.items()}
    json = {name for name, bind in binds.items() if isinstance(bind.type, JSON)}
    values = {name: bind.value for name, bind in binds.items() if not bind.required}
    constants = {name: Jsonb(value) if name in json else value for name, value in values.items()}
    return Statement(
        sql=str(compiled),
        constants=constants,
        parameters=frozenset(binds.keys() - constants.keys()),
        json_parameters=frozenset(json - constants.keys()),
        row_factory=_row_factory(row),
    )


def compile_command(statement: ClauseElement) -> Statement[tuple[Any, ...]]:
    """A statement whose rows, if any, nobody reads."""
    return compile_statement(statement, lambda *values: values)


def _row_factory(row: Callable[..., Row]) -> AsyncRowFactory[Row]:
    names = [field.name for field in fields(row)] if is_dataclass(row) else None
    in_order: list[bool] = []  # decided by the first execution: reading a cursor's description is slow

    def factory(cursor: AsyncCursor[Any]) -> Callable[[Sequence[Any]], Row]:
        if names is None:
            return lambda values: row(*values)
        if not in_order:
            in_order.append(_columns(cursor) == names)
        if in_order[0]:
            return lambda values: row(*values)
        columns = _columns(cursor)
        return lambda values: row(**dict(zip(columns, values, strict=True)))

    return factory


def _columns(cursor: AsyncCursor[Any]) -> list[str]:
    return [column.name for column in cursor.description or ()]
