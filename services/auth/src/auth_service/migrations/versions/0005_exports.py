"""What people take along, and the archives until they are fetched."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.row_level_security import protect

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Everybody sees their own."""
    _create_exports()
    op.create_table(
        "export_pieces",
        sa.Column("export_id", sa.Uuid, sa.ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    # It is packed already.
    op.execute("ALTER TABLE export_pieces ALTER COLUMN data SET STORAGE EXTERNAL")
    for table in ("exports", "export_pieces"):
        for statement in protect(table, owner="user_id"):
            op.execute(statement)


def downgrade() -> None:
    """The policies go with their tables."""
    op.drop_table("export_pieces")
    op.drop_table("exports")


def _create_exports() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("request_id", sa.Uuid),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("expire_time", sa.DateTime(timezone=True)),
        sa.CheckConstraint("state IN ('GATHERING', 'READY', 'FAILED')", name="exports_state"),
    )
    gathering = sa.text("state = 'GATHERING'")
    op.create_index("exports_user_request", "exports", ["user_id", "request_id"], unique=True)
    op.create_index("exports_gathering", "exports", ["user_id"], unique=True, postgresql_where=gathering)
    op.create_index("exports_due", "exports", ["due_time"], postgresql_where=gathering)
