"""What moderation needs beside the comment: who wrote it, kinds of reasons, help, weights, outcomes, warnings, suspensions."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.row_level_security import USER_ID

revision = "0004"
down_revision = "0003"

_TIME = sa.DateTime(timezone=True)
_NOBODY = "00000000-0000-0000-0000-000000000000"
# Whoever it is about may read it; writing stays with staff.
_READ = "CREATE POLICY decisions_read ON decisions FOR SELECT USING ({condition})"
_STAFF = "coalesce(current_setting('lm.role', true), '') IN ('SERVICE', 'MODERATOR', 'ADMIN')"
_ACTIONS = {
    "before": "action in ('APPROVE', 'REJECT', 'HIDE')",
    "now": "action in ('APPROVE', 'REJECT', 'HIDE', 'WARN', 'SUSPEND')",
}


def upgrade() -> None:
    # Defaults serve the version of the service before this one.
    for column in ("reason_code", "resources"):
        op.add_column("comments", sa.Column(column, sa.Text, nullable=False, server_default=""))
    op.add_column("comments", sa.Column("by_staff", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("comments_user_id_create_time_idx", "comments", ["user_id", "create_time"])
    op.add_column("reports", sa.Column("weight", sa.Float, nullable=False, server_default="1"))
    op.add_column("reports", sa.Column("outcome", sa.Text))
    op.create_check_constraint("reports_outcome_check", "reports", "outcome in ('UPHELD', 'DISMISSED')")
    op.create_index("reports_reporter_id_outcome_idx", "reports", ["reporter_id", "outcome"])
    op.add_column("moderation_queue", sa.Column("weight", sa.Float, nullable=False, server_default="0"))
    op.execute("UPDATE moderation_queue SET weight = report_count")
    op.drop_index("moderation_queue_report_count_comment_id_idx")
    _widen_decisions()


def _widen_decisions() -> None:
    op.add_column("decisions", sa.Column("user_id", sa.Uuid, nullable=False, server_default=_NOBODY))
    op.add_column("decisions", sa.Column("code", sa.Text, nullable=False, server_default=""))
    op.add_column("decisions", sa.Column("end_time", _TIME))
    op.add_column("decisions", sa.Column("overturned", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("decisions_user_id_id_idx", "decisions", ["user_id", "id"])
    _allow_actions("now")
    # Row-level security binds the owner too; without a caller's role it would hide every row.
    op.execute("SELECT set_config('lm.role', 'SERVICE', true)")
    op.execute("UPDATE decisions SET user_id = c.user_id FROM comments c WHERE c.id = decisions.comment_id")
    _let_read(f"user_id::text = {USER_ID} OR moderator_id::text = {USER_ID} OR {_STAFF}")


def _allow_actions(when: str) -> None:
    op.drop_constraint("decisions_action_check", "decisions")
    op.create_check_constraint("decisions_action_check", "decisions", _ACTIONS[when])


def _let_read(condition: str) -> None:
    op.execute("DROP POLICY decisions_read ON decisions")
    op.execute(_READ.format(condition=condition))


def downgrade() -> None:
    _let_read(f"false OR moderator_id::text = {USER_ID} OR {_STAFF}")
    op.execute("SELECT set_config('lm.role', 'SERVICE', true)")
    op.execute("DELETE FROM decisions WHERE action in ('WARN', 'SUSPEND')")
    _allow_actions("before")
    op.drop_index("decisions_user_id_id_idx")
    for column in ("overturned", "end_time", "code", "user_id"):
        op.drop_column("decisions", column)
    op.create_index("moderation_queue_report_count_comment_id_idx", "moderation_queue", ["report_count", "comment_id"])
    op.drop_column("moderation_queue", "weight")
    op.drop_index("reports_reporter_id_outcome_idx")
    op.drop_column("reports", "outcome")
    op.drop_column("reports", "weight")
    op.drop_index("comments_user_id_create_time_idx")
    for column in ("by_staff", "resources", "reason_code"):
        op.drop_column("comments", column)
