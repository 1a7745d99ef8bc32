"""Accounts, sessions, mailed tokens and the mail outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from servicekit.database.row_level_security import protect
from servicekit.migrate import create_messaging_tables, drop_messaging_tables

revision = "0001"
down_revision = None

_OWNERS = {
    "users": "id",
    "preferences": "user_id",
    "sessions": "user_id",
    "refresh_tokens": "user_id",
    "mailed_tokens": "user_id",
    "mails": "user_id",
}


def upgrade() -> None:
    """Tables, then who may see whose rows."""
    _create_users()
    _create_preferences()
    _create_sessions()
    _create_mail_tables()
    create_messaging_tables()
    for table, owner in _OWNERS.items():
        for statement in protect(table, owner=owner):
            op.execute(statement)


def downgrade() -> None:
    """Everything goes, the policies with their tables."""
    drop_messaging_tables()
    for table in reversed(_OWNERS):
        op.drop_table(table)


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid, primary_key=True),
        _text("email", unique=True),
        _text("display_name"),
        _text("password_hash"),
        _text("role"),
        _text("avatar_color"),
        sa.Column("subjects", ARRAY(sa.Text), nullable=False),
        sa.Column("registration_request_id", sa.Uuid),
        _time("verify_time", nullable=True),
        _time("mail_time"),
        _time("create_time"),
        _time("last_active_time"),
        _time("suspend_time", nullable=True),
        sa.CheckConstraint("role IN ('STUDENT', 'MODERATOR', 'ADMIN')", name="users_role"),
    )


def _create_preferences() -> None:
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        _text("theme_accent"),
        _text("lm_color"),
        sa.Column("notifications_enabled", sa.Boolean, nullable=False),
        sa.Column("email_updates", sa.Boolean, nullable=False),
        sa.Column("dark_mode", sa.Boolean, nullable=False),
        _text("language"),
        _text("time_zone"),
    )


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid, primary_key=True),
        _refers_to("users"),
        sa.Column("generation", sa.Integer, nullable=False),
        _text("user_agent"),
        _time("create_time"),
        _time("last_used_time"),
        _time("revoke_time", nullable=True),
        sa.Column("successor_salt", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        _refers_to("sessions"),
        _refers_to("users"),
        sa.Column("generation", sa.Integer, nullable=False),
    )


def _create_mail_tables() -> None:
    op.create_table(
        "mailed_tokens",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        _refers_to("users"),
        _text("purpose"),
        _time("expire_time"),
        sa.CheckConstraint("purpose IN ('VERIFY_EMAIL', 'RESET_PASSWORD')", name="mailed_tokens_purpose"),
    )
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid, primary_key=True),
        _refers_to("users"),
        _text("kind"),
        _text("recipient"),
        _text("status"),
        sa.Column("attempts", sa.Integer, nullable=False),
        _time("due_time"),
        _text("last_error"),
        _time("create_time"),
        sa.CheckConstraint(
            "kind IN ('VERIFY_EMAIL', 'ALREADY_REGISTERED', 'RESET_PASSWORD', 'PASSWORD_CHANGED')", name="mails_kind"
        ),
        sa.CheckConstraint("status IN ('PENDING', 'SENT', 'ABANDONED')", name="mails_status"),
    )
    op.create_index("mails_due", "mails", ["due_time"], postgresql_where=sa.text("status = 'PENDING'"))


def _text(name: str, *, unique: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, unique=unique or None)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _refers_to(table: str) -> sa.Column[object]:
    name = f"{table.removesuffix('s')}_id"
    return sa.Column(name, sa.Uuid, sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False, index=True)
