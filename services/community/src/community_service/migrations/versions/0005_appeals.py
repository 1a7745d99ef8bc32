"""Appeals against decisions. Their authors may read them; writing is the service's and the moderators'."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.row_level_security import USER_ID, protect

revision = "0005"
down_revision = "0004"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "appeals",
        sa.Column("id", sa.Uuid, sa.ForeignKey("decisions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("comment_id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("answered_by", sa.Uuid),
        sa.Column("answer_time", _TIME),
        sa.CheckConstraint("status in ('PENDING', 'APPROVED', 'REJECTED')", name="appeals_status_check"),
    )
    op.create_index("appeals_comment_id_id_idx", "appeals", ["comment_id", "id"])
    op.create_index("appeals_user_id_idx", "appeals", ["user_id"])
    for statement in protect("appeals", owner="answered_by", readable=f"user_id::text = {USER_ID}", moderators=True):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("appeals")
