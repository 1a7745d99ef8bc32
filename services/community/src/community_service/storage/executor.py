"""What statements run on: the pool for a read by itself, a transaction for a unit of work."""

from typing import Any, Protocol, TypeVar

from servicekit.database import Statement

Row = TypeVar("Row")


class Executor(Protocol):
    """Runs reads; both `Database` and `Transaction` do."""

    async def one(self, statement: Statement[Row], **parameters: Any) -> Row | None: ...

    async def all(self, statement: Statement[Row], **parameters: Any) -> list[Row]: ...
