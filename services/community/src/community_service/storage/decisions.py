"""What moderators decided, for them and for the authors concerned."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update

from community_service.domain.concerns import Concern
from community_service.domain.moderation import Action, Decision
from community_service.tables import DecisionRow
from servicekit.database import compile_command, compile_statement

_decisions = DecisionRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_MOST = 100


def _decision(
    id: str,
    comment_id: str,
    moderator_id: str,
    action: str,
    reason: str,
    create_time: datetime,
    user_id: str,
    code: str,
    end_time: datetime | None,
    overturned: bool,
) -> Decision:
    kind = Concern(code) if code else None
    return Decision(
        id, comment_id, moderator_id, Action(action), reason, create_time, user_id, kind, end_time, overturned
    )


# Ids begin with the time they were made.
_newest = select(_decisions).order_by(_decisions.c.id.desc())
_of_comment = _newest.where(_decisions.c.comment_id == bindparam("comment_id"))
RECORD = compile_command(insert(_decisions).values({column.name: bindparam(column.name) for column in _decisions.c}))
OF_COMMENT = compile_statement(_of_comment.limit(_MOST), _decision)
LAST = compile_statement(_of_comment.limit(1), _decision)
GET = compile_statement(select(_decisions).where(_decisions.c.id == bindparam("id")), _decision)
OVERTURN = compile_command(
    update(_decisions).where(_decisions.c.id == bindparam("decision_id")).values(overturned=True)
)
SANCTIONS = compile_statement(
    _newest.where(
        _decisions.c.user_id == bindparam("user_id"),
        or_(*(_decisions.c.action == action.value for action in (Action.WARN, Action.SUSPEND))),
        ~_decisions.c.overturned,
    ).limit(_MOST),
    _decision,
)


def columns(decision: Decision) -> dict[str, Any]:
    """A decision as its row."""
    code = decision.code.value if decision.code else ""
    return asdict(decision) | {"action": decision.action.value, "code": code}
