"""Whom each comment mentions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # The default serves the version of the service before this one.
    op.add_column("comments", sa.Column("mentions", JSONB, nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("comments", "mentions")
