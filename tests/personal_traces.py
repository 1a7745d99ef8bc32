"""Where a database speaks of somebody: every row of every table, read by the superuser, in text and in bytes.

Not the outbox: its rows are on their way to the broker, and gone in a moment."""

from collections import Counter

import psycopg
from psycopg import sql

from local_mesh.servers.databases import in_database

_COLUMNS = """
SELECT table_name, column_name, data_type = 'bytea' FROM information_schema.columns
WHERE table_schema = 'public' AND table_name NOT IN ('alembic_version', 'outbox') ORDER BY 1, ordinal_position
"""


def rows_about(superuser_url: str, database: str, needle: str) -> list[tuple[str, str]]:
    """(table, row as text) of every row that holds `needle` in any column."""
    with psycopg.connect(in_database(superuser_url, database)) as connection:
        columns = connection.execute(_COLUMNS).fetchall()
        found: list[tuple[str, str]] = []
        for table in dict.fromkeys(name for name, _, _ in columns):
            condition = sql.SQL(" OR ").join(
                _holds(column, is_bytes) for name, column, is_bytes in columns if name == table
            )
            query = sql.SQL("SELECT row_of::text FROM {} AS row_of WHERE {}").format(sql.Identifier(table), condition)
            found += [(table, row) for (row,) in connection.execute(query, {"needle": needle}).fetchall()]
    return sorted(found)


def tables_about(superuser_url: str, database: str, needle: str) -> Counter[str]:
    """How many such rows each table has."""
    return Counter(table for table, _ in rows_about(superuser_url, database, needle))


def _holds(column: str, is_bytes: bool) -> sql.Composed:
    if is_bytes:
        return sql.SQL("position(convert_to(%(needle)s, 'UTF8') IN {}) > 0").format(sql.Identifier(column))
    return sql.SQL("position(%(needle)s IN {}::text) > 0").format(sql.Identifier(column))
