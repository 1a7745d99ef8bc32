"""Mails that remind, and what they remind of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"

_BEFORE = (
    "'VERIFY_EMAIL', 'ALREADY_REGISTERED', 'RESET_PASSWORD', 'PASSWORD_CHANGED',"
    " 'ERASURE_SCHEDULED', 'ERASURE_CANCELLED', 'ACCOUNT_ERASED'"
)


def upgrade() -> None:
    """The details of what was mailed before are empty."""
    op.add_column("mails", sa.Column("details", JSONB, nullable=False, server_default=sa.text("'{}'")))
    _allow_mails(f"{_BEFORE}, 'REMINDER'")


def downgrade() -> None:
    """Reminders that wait go."""
    op.execute("SET LOCAL lm.role = 'SERVICE'")
    op.execute("DELETE FROM mails WHERE kind = 'REMINDER'")
    _allow_mails(_BEFORE)
    op.drop_column("mails", "details")


def _allow_mails(kinds: str) -> None:
    op.drop_constraint("mails_kind", "mails")
    op.create_check_constraint("mails_kind", "mails", f"kind IN ({kinds})")
