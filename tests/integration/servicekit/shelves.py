"""A table of the tests whose rows belong to somebody, as a service would have one."""

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from sqlalchemy import Column, MetaData, Table, Text, Uuid, bindparam, func, insert, literal_column, select

from servicekit.database import compile_command, compile_statement
from servicekit.database.row_level_security import protect

SHELVES = Table("shelves", MetaData(), Column("id", Uuid), Column("owner", Text), Column("label", Text))


@dataclass(frozen=True, slots=True)
class Shelf:
    id: str
    owner: str
    label: str


@dataclass(frozen=True, slots=True)
class Who:
    """Whom PostgreSQL takes the session for."""

    user_id: str | None
    role: str | None


ALL = compile_statement(select(SHELVES).order_by(SHELVES.c.id), Shelf)
ADD = compile_command(insert(SHELVES).values({name: bindparam(name) for name in ("id", "owner", "label")}))
ADD_AND_SHOW = compile_statement(
    insert(SHELVES).values({name: bindparam(name) for name in ("id", "owner", "label")}).returning(*SHELVES.c), Shelf
)
WHO = compile_statement(
    select(
        func.nullif(func.current_setting("lm.user_id", True), "").label("user_id"),
        func.nullif(func.current_setting("lm.role", True), "").label("role"),
    ),
    Who,
)
SLEEP = compile_command(select(func.pg_sleep(bindparam("seconds"))))
BACKEND = compile_statement(select(func.pg_backend_pid()), int)
DIVIDE = compile_statement(select(literal_column("1") / bindparam("by")), float)


def make_table(owner_url: str, owners: Iterable[str] = ()) -> None:
    """Makes the table as a migration would, with one row for each of `owners`, who is also its label."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE shelves (id uuid PRIMARY KEY, owner text, label text)")
        for owner in owners:
            connection.execute("INSERT INTO shelves VALUES (gen_random_uuid(), %s, %s)", (owner, owner))
        for statement in protect("shelves", owner="owner"):
            connection.execute(statement)
