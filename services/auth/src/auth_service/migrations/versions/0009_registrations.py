"""Registrations that wait apart from accounts, and the accounts of earlier versions that nobody confirmed."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.row_level_security import ROLE

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """A registration belongs to nobody yet: only the service itself reads it. Accounts that wait stay as they are."""
    _create_registrations()
    op.add_column("mail_requests", sa.Column("registration_id", sa.Uuid))
    for table in ("mails", "mailed_tokens"):
        reference = sa.ForeignKey("registrations.id", ondelete="CASCADE")
        op.add_column(table, sa.Column("registration_id", sa.Uuid, reference))
        op.create_index(f"ix_{table}_registration_id", table, ["registration_id"])
    op.alter_column("mailed_tokens", "user_id", nullable=True)
    op.create_check_constraint("mailed_tokens_holder", "mailed_tokens", "num_nonnulls(user_id, registration_id) = 1")
    unconfirmed = sa.text("verify_time IS NULL")
    op.create_index("users_unconfirmed", "users", ["create_time"], postgresql_where=unconfirmed)


def downgrade() -> None:
    """Registrations that wait go, with their mails and tokens."""
    op.drop_index("users_unconfirmed", "users")
    op.execute("SET LOCAL lm.role = 'SERVICE'")
    op.execute("DELETE FROM registrations")
    op.drop_constraint("mailed_tokens_holder", "mailed_tokens")
    op.alter_column("mailed_tokens", "user_id", nullable=False)
    for table in ("mail_requests", "mailed_tokens", "mails"):
        op.drop_column(table, "registration_id")
    op.drop_table("registrations")


def _create_registrations() -> None:
    op.create_table(
        "registrations",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("request_id", sa.Uuid),
        sa.Column("ip_address", sa.Text, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
    )
    named = sa.text("request_id IS NOT NULL")
    op.create_index("registrations_email", "registrations", ["email", "id"])
    op.create_index(
        "registrations_request", "registrations", ["email", "request_id"], unique=True, postgresql_where=named
    )
    op.create_index("registrations_create_time", "registrations", ["create_time"])
    op.execute("ALTER TABLE registrations ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY registrations_all ON registrations USING ({ROLE} = 'SERVICE')")
