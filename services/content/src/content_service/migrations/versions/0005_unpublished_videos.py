"""An index for those who look for lessons that failed or wait."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_NAME = "videos_unpublished_idx"
_UNPUBLISHED = "status <> 'PUBLIC' AND status <> 'DELETED'"


def upgrade() -> None:
    op.create_index(_NAME, "videos", ["status", "create_time", "id"], postgresql_where=sa.text(_UNPUBLISHED))


def downgrade() -> None:
    op.drop_index(_NAME, "videos")
