"""What each stage of a job has made, and which workers are at work."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.row_level_security import protect

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "generation_stages",
        sa.Column("video_id", sa.Uuid, primary_key=True),
        sa.Column("stage", sa.Text, primary_key=True),
        sa.Column("owner", sa.Uuid, nullable=False),
        sa.Column("artifact", sa.LargeBinary, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["generation_jobs.video_id"], name="generation_stages_video_id_fkey", ondelete="CASCADE"
        ),
    )
    for statement in protect("generation_stages", owner="owner"):
        op.execute(statement)
    op.create_table(
        "generation_workers",
        sa.Column("worker", sa.Text, primary_key=True),
        sa.Column("seen_time", sa.DateTime(timezone=True), nullable=False),
    )
    # Scripts lie among the stages now; the column waits for the release that no longer writes it to be everywhere.
    op.alter_column("generation_jobs", "script", server_default=sa.text("''"))


def downgrade() -> None:
    op.alter_column("generation_jobs", "script", server_default=None)
    op.drop_table("generation_workers")
    op.drop_table("generation_stages")
