"""Accounts erased lately, so that no late event brings their data back."""

from alembic import op

from servicekit.migrate import create_erasure_table

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """The table."""
    create_erasure_table()


def downgrade() -> None:
    """And without it."""
    op.drop_table("erased_users")
