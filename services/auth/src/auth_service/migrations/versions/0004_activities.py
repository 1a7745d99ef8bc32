"""What people did over all services, as events tell it."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.row_level_security import protect

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Everybody sees their own; deleted videos are nobody's."""
    op.create_table(
        "activities",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("present", sa.Boolean, nullable=False),
        sa.Column("video_id", sa.Uuid),
        sa.Column("views", sa.Integer, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True)),
        sa.CheckConstraint("kind IN ('VIDEO', 'COMMENT', 'RATING', 'COMPLETION')", name="activities_kind"),
    )
    completions = sa.text("kind = 'COMPLETION'")
    op.create_index("activities_completions", "activities", ["user_id", "time"], postgresql_where=completions)
    op.create_table("deleted_videos", sa.Column("video_id", sa.Uuid, primary_key=True))
    for statement in protect("activities", owner="user_id"):
        op.execute(statement)


def downgrade() -> None:
    """The policies go with their table."""
    op.drop_table("deleted_videos")
    op.drop_table("activities")
