"""An index for what was begun lately: by that accounts take turns."""

from alembic import op

revision = "0008"
down_revision = "0007"

_NAME = "generation_jobs_start_time_idx"


def upgrade() -> None:
    op.create_index(_NAME, "generation_jobs", ["start_time", "owner"])


def downgrade() -> None:
    op.drop_index(_NAME, "generation_jobs")
