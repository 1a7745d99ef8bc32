"""Mails that remind, and what they remind of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

_BEFORE = "'VERIFY_EMAIL', 'ALREADY_REGISTERED', 'RESET_PASSWORD', 'PASSWORD_CHANGED'"


def upgrade() -> None:
    op.add_column("mails", sa.Column("details", JSONB, nullable=False, server_default=sa.text("'{}'")))
    _allow(f"{_BEFORE}, 'REMINDER'")


def downgrade() -> None:
    op.execute("SELECT set_config('lm.role', 'SERVICE', true)")  # the policies bind the tables' owner as well
    op.execute("DELETE FROM mails WHERE kind = 'REMINDER'")
    _allow(_BEFORE)
    op.drop_column("mails", "details")


def _allow(kinds: str) -> None:
    op.drop_constraint("mails_kind", "mails")
    op.create_check_constraint("mails_kind", "mails", f"kind IN ({kinds})")
