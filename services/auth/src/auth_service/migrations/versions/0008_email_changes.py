"""Changes of e-mail addresses that wait for both to agree, and wishes for mail that wait for the worker."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.row_level_security import ROLE, protect

revision = "0008"
down_revision = "0007"

_PURPOSES = "purpose IN ('VERIFY_EMAIL', 'RESET_PASSWORD')"
_MORE_PURPOSES = f"{_PURPOSES[:-1]}, 'CONFIRM_NEW_EMAIL', 'CONFIRM_PRESENT_EMAIL')"
_KINDS = (
    "kind IN ('VERIFY_EMAIL', 'ALREADY_REGISTERED', 'RESET_PASSWORD', 'PASSWORD_CHANGED', "
    "'ERASURE_SCHEDULED', 'ERASURE_CANCELLED', 'ACCOUNT_ERASED', 'REMINDER', 'TOTP_ENABLED', 'TOTP_DISABLED')"
)
_MORE_KINDS = f"{_KINDS[:-1]}, 'CONFIRM_NEW_EMAIL', 'CONFIRM_PRESENT_EMAIL', 'EMAIL_CHANGED')"


def upgrade() -> None:
    """A change belongs to its account, a wish to nobody: only the service itself reads those."""
    _create_tables()
    for statement in protect("email_changes", owner="user_id"):
        op.execute(statement)
    op.execute("ALTER TABLE mail_requests ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY mail_requests_all ON mail_requests USING ({ROLE} = 'SERVICE')")
    _constrain(_MORE_PURPOSES, _MORE_KINDS)


def downgrade() -> None:
    """The policies go with their tables, mails and tokens of the new kinds too."""
    op.drop_table("mail_requests")
    op.drop_table("email_changes")
    op.execute("SET LOCAL lm.role = 'SERVICE'")
    op.execute(f"DELETE FROM mails WHERE NOT {_KINDS}")
    op.execute(f"DELETE FROM mailed_tokens WHERE NOT {_PURPOSES}")
    _constrain(_PURPOSES, _KINDS)


def _create_tables() -> None:
    op.create_table(
        "email_changes",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("new_email", sa.Text, nullable=False),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("expire_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("new_confirmed", sa.Boolean, nullable=False),
        sa.Column("present_confirmed", sa.Boolean, nullable=False),
    )
    op.create_table(
        "mail_requests",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('VERIFY_EMAIL', 'RESET_PASSWORD')", name="mail_requests_kind"),
    )


def _constrain(purposes: str, kinds: str) -> None:
    for table, name, condition in (
        ("mailed_tokens", "mailed_tokens_purpose", purposes),
        ("mails", "mails_kind", kinds),
    ):
        op.drop_constraint(name, table)
        op.create_check_constraint(name, table, condition)
