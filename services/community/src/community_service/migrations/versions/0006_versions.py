"""At which version of its video each comment changed, so that a stream can go on where another ended."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for column in ("version", "appeared"):
        op.add_column("comments", sa.Column(column, sa.Integer, nullable=False, server_default="0"))
    op.create_index("comments_video_id_version_idx", "comments", ["video_id", "version"])


def downgrade() -> None:
    op.drop_index("comments_video_id_version_idx")
    for column in ("appeared", "version"):
        op.drop_column("comments", column)
