"""Which lessons were asked for together: their scripts wait behind single ones."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # The default is for processes of the release before, which do not say.
    op.add_column("generation_jobs", sa.Column("batch", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("generation_jobs", "batch")
