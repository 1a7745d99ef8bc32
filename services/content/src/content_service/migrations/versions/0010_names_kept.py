"""Whether search knows a lesson's names word for word, in a column that a worker of the release before does not set."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_TABLE, _COLUMN, _INDEX = "search_documents", "names_kept", "search_documents_names_not_kept_idx"


def upgrade() -> None:
    # `named` stays for that worker, which would take every lesson for one of its own and keep its names in its own way.
    op.add_column(_TABLE, sa.Column(_COLUMN, sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index(_INDEX, _TABLE, ["video_id"], postgresql_where=sa.text("NOT names_kept"))


def downgrade() -> None:
    op.drop_index(_INDEX, _TABLE)
    op.drop_column(_TABLE, _COLUMN)
