"""All the planner holds of a person, to hand out and to erase: nothing in it is of use to anybody else."""

from sqlalchemy import Table, bindparam, delete

from planner_service.tables import METADATA
from servicekit.database import Transaction, compile_command
from servicekit.personal_data.records import records

OWNED: tuple[Table, ...] = tuple(METADATA.tables[name] for name in ("events", "tombstones", "planners", "feeds"))
EVERYTHING = tuple(records(table, "user_id", without=("digest",)) for table in OWNED)
_ERASE = [compile_command(delete(table).where(table.c.user_id == bindparam("user_id"))) for table in OWNED]


async def erase(transaction: Transaction, user_id: str) -> int:
    """Deletes every row of the account. Returns how many."""
    return sum([await transaction.execute(statement, user_id=user_id) for statement in _ERASE])
