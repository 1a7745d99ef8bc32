"""A letter says that an account was opened, so that whoever confirmed a stranger's registration hears whose password it has."""

from alembic import op

revision = "0011"
down_revision = "0010"

_KINDS = (
    "kind IN ('VERIFY_EMAIL', 'ALREADY_REGISTERED', 'RESET_PASSWORD', 'PASSWORD_CHANGED', "
    "'ERASURE_SCHEDULED', 'ERASURE_CANCELLED', 'ACCOUNT_ERASED', 'REMINDER', 'TOTP_ENABLED', 'TOTP_DISABLED', "
    "'CONFIRM_NEW_EMAIL', 'CONFIRM_PRESENT_EMAIL', 'EMAIL_CHANGED')"
)


def upgrade() -> None:
    """One kind of letter more."""
    _constrain(f"{_KINDS[:-1]}, 'ACCOUNT_OPENED')")


def downgrade() -> None:
    """Letters of that kind go."""
    op.execute("SET LOCAL lm.role = 'SERVICE'")
    op.execute(f"DELETE FROM mails WHERE NOT {_KINDS}")
    _constrain(_KINDS)


def _constrain(kinds: str) -> None:
    op.drop_constraint("mails_kind", "mails")
    op.create_check_constraint("mails_kind", "mails", kinds)
