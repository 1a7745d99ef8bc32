"""Whether search knows a lesson by the other names of its topic: earlier releases did not ask for them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_TABLE, _INDEX = "search_documents", "search_documents_unnamed_idx"


def upgrade() -> None:
    op.add_column(_TABLE, sa.Column("named", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index(_INDEX, _TABLE, ["video_id"], postgresql_where=sa.text("NOT named"))


def downgrade() -> None:
    op.drop_index(_INDEX, _TABLE)
    op.drop_column(_TABLE, "named")
