"""PostgreSQL without an ORM session on the request path: compiled statements, a pool, one transaction a call."""

from servicekit.database.pool import Database, DatabaseUnavailable, TextNotStorable, Transaction
from servicekit.database.statements import Statement, compile_command, compile_statement

__all__ = [
    "Database",
    "DatabaseUnavailable",
    "Statement",
    "TextNotStorable",
    "Transaction",
    "compile_command",
    "compile_statement",
]
