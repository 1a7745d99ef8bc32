"""Goodbye to the columns that search (0003) and the stages (0004) have replaced: no release since has read or written them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.drop_column("videos", "search")
    op.drop_column("generation_jobs", "script")


def downgrade() -> None:
    op.add_column("generation_jobs", sa.Column("script", sa.LargeBinary, nullable=False, server_default=sa.text("''")))
    op.add_column("videos", sa.Column("search", TSVECTOR, nullable=False, server_default=""))
