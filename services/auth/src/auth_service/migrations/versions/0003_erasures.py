"""Accounts on their way out, who has answered for them, and letters about it."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.row_level_security import protect

revision = "0003"
down_revision = "0002"

_BEFORE = "'VERIFY_EMAIL', 'ALREADY_REGISTERED', 'RESET_PASSWORD', 'PASSWORD_CHANGED'"
_ADDED = "'ERASURE_SCHEDULED', 'ERASURE_CANCELLED', 'ACCOUNT_ERASED'"


def upgrade() -> None:
    """The last letter belongs to nobody: the account is gone when it is sent."""
    _allow_mails(f"{_BEFORE}, {_ADDED}")
    op.alter_column("mails", "user_id", nullable=True)
    _create_erasures()
    for table in ("erasures", "erasure_receipts"):
        for statement in protect(table, owner="user_id"):
            op.execute(statement)


def downgrade() -> None:
    """Letters of the added kinds go."""
    op.drop_table("erasure_receipts")
    op.drop_table("erasures")
    op.execute("SET LOCAL lm.role = 'SERVICE'")
    op.execute(f"DELETE FROM mails WHERE kind IN ({_ADDED})")
    op.alter_column("mails", "user_id", nullable=False)
    _allow_mails(_BEFORE)


def _allow_mails(kinds: str) -> None:
    op.drop_constraint("mails_kind", "mails")
    op.create_check_constraint("mails_kind", "mails", f"kind IN ({kinds})")


def _create_erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        _time("request_time"),
        _time("delete_time", nullable=True),
        _time("finish_time", nullable=True),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("announcements", sa.Integer, nullable=False),
        _time("announce_time", nullable=True),
    )
    waiting, silent = sa.text("delete_time IS NULL"), sa.text("announce_time IS NOT NULL")
    op.create_index("erasures_waiting", "erasures", ["request_time"], postgresql_where=waiting)
    op.create_index("erasures_silent", "erasures", ["announce_time"], postgresql_where=silent)
    op.create_table(
        "erasure_receipts",
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("erasures.user_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("row_count", sa.Integer, nullable=False),
        _time("receive_time"),
    )


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
