"""Earlier releases did not keep names word for word: search is told the names of all lessons anew."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_TABLE, _INDEX = "search_documents", "search_documents_unnamed_idx"


def upgrade() -> None:
    # A column anew, for the worker to set lesson by lesson: writing every row here would take minutes over a million.
    op.drop_index(_INDEX, _TABLE)
    op.drop_column(_TABLE, "named")
    op.add_column(_TABLE, sa.Column("named", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index(_INDEX, _TABLE, ["video_id"], postgresql_where=sa.text("NOT named"))


def downgrade() -> None:
    """What names hold word for word is in nobody's way."""
