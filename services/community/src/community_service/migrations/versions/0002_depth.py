"""How deep each comment stands in its thread."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_COUNT = """
WITH RECURSIVE standing AS (
    SELECT id, 0 AS depth FROM comments WHERE parent_id IS NULL
    UNION ALL
    SELECT comments.id, standing.depth + 1 FROM comments JOIN standing ON comments.parent_id = standing.id
)
UPDATE comments SET depth = standing.depth FROM standing WHERE comments.id = standing.id AND standing.depth > 0
"""


def upgrade() -> None:
    # The default serves the version of the service before this one.
    op.add_column("comments", sa.Column("depth", sa.Integer, nullable=False, server_default="0"))
    # Row-level security binds the owner too; without a caller's role it would hide every row.
    op.execute("SELECT set_config('lm.role', 'SERVICE', true)")
    op.execute(_COUNT)


def downgrade() -> None:
    op.drop_column("comments", "depth")
