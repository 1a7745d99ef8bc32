"""One-time-code apps, recovery codes, and sign-ins that wait for a code."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.row_level_security import protect

revision = "0007"
down_revision = "0006"

_TABLES = ("totp", "recovery_codes", "mfa_challenges")
_BEFORE = (
    "kind IN ('VERIFY_EMAIL', 'ALREADY_REGISTERED', 'RESET_PASSWORD', 'PASSWORD_CHANGED', "
    "'ERASURE_SCHEDULED', 'ERASURE_CANCELLED', 'ACCOUNT_ERASED', 'REMINDER')"
)
_AFTER = f"{_BEFORE[:-1]}, 'TOTP_ENABLED', 'TOTP_DISABLED')"


def upgrade() -> None:
    """Rows belong to their account."""
    op.create_table(
        "totp",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirm_time", sa.DateTime(timezone=True)),
        sa.Column("last_step", sa.BigInteger, nullable=False),
    )
    op.create_table("recovery_codes", sa.Column("digest", sa.LargeBinary, primary_key=True), _user())
    op.create_table(
        "mfa_challenges",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        _user(),
        sa.Column("expire_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
    )
    for table in _TABLES:
        for statement in protect(table, owner="user_id"):
            op.execute(statement)
    _kinds(_AFTER)


def downgrade() -> None:
    """The policies go with their tables, mails of the new kinds too."""
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.execute("SET LOCAL lm.role = 'SERVICE'")
    op.execute(f"DELETE FROM mails WHERE NOT {_BEFORE}")
    _kinds(_BEFORE)


def _kinds(condition: str) -> None:
    op.drop_constraint("mails_kind", "mails")
    op.create_check_constraint("mails_kind", "mails", condition)


def _user() -> sa.Column[object]:
    return sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True)
