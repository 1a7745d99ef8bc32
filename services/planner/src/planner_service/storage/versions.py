"""Versions of planners, and what was deleted with them."""

from sqlalchemy import Integer, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from planner_service.domain.sync import Tombstone
from planner_service.tables import EventRow, PlannerRow, TombstoneRow
from servicekit.database import Statement, compile_command, compile_statement

_events = EventRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_planners = PlannerRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_tombstones = TombstoneRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it

_mine = _planners.c.user_id == bindparam("user_id")
VERSION: Statement[int] = compile_statement(select(_planners.c.version).where(_mine), int)
FORGOTTEN: Statement[int] = compile_statement(select(_planners.c.forgotten).where(_mine), int)
# The planner's row stays locked until the transaction ends, so versions become visible in their order.
NEXT_VERSION: Statement[int] = compile_statement(
    insert(_planners)
    .values(user_id=bindparam("user_id"), version=1, forgotten=0)
    .on_conflict_do_update(index_elements=[_planners.c.user_id], set_={"version": _planners.c.version + 1})
    .returning(_planners.c.version),
    int,
)
NUMBER = compile_command(
    update(_events).where(_events.c.id == bindparam("event_id")).values(sequence=bindparam("version"))
)
BURY = compile_command(
    insert(_tombstones).values(
        user_id=bindparam("user_id"),
        sequence=bindparam("version"),
        event_id=bindparam("event_id"),
        delete_time=func.now(),
    )
)
DELETED = compile_statement(
    select(_tombstones.c.event_id, _tombstones.c.sequence)
    .where(
        _tombstones.c.user_id == bindparam("user_id"),
        _tombstones.c.sequence > bindparam("after"),
        _tombstones.c.sequence <= bindparam("until"),
    )
    .order_by(_tombstones.c.sequence)
    .limit(bindparam("size", type_=Integer)),
    Tombstone,
)
_gone = (
    delete(_tombstones)
    .where(_tombstones.c.delete_time < bindparam("before"))
    .returning(_tombstones.c.user_id, _tombstones.c.sequence)
    .cte("gone")
)
_last = select(_gone.c.user_id, func.max(_gone.c.sequence).label("sequence")).group_by(_gone.c.user_id).subquery()
FORGET = compile_command(
    update(_planners).where(_planners.c.user_id == _last.c.user_id).values(forgotten=_last.c.sequence)
)
