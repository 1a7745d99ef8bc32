"""The audit log, which nobody can change, and how well and when a session's person was last proven."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.row_level_security import ROLE, append_only

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Everybody's calls may write entries; only the service itself reads them and makes the chain."""
    _add_assurance()
    _create_audit()
    service = f"{ROLE} = 'SERVICE'"
    for table, may_add in (("audit_events", "true"), ("audit_links", service), ("audit_queue", "true")):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_read ON {table} FOR SELECT USING ({service})")
        op.execute(f"CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({may_add})")
    op.execute(f"CREATE POLICY audit_queue_delete ON audit_queue FOR DELETE USING ({service})")
    for table in ("audit_events", "audit_links"):
        op.execute(append_only(table))


def downgrade() -> None:
    """The policies go with their tables."""
    for table in ("audit_queue", "audit_links", "audit_events"):
        op.drop_table(table)
    for column in ("aal", "auth_time"):
        op.drop_column("sessions", column)


def _add_assurance() -> None:
    now, one = sa.func.now(), sa.text("1")
    op.add_column("sessions", sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False, server_default=now))
    op.add_column("sessions", sa.Column("aal", sa.SmallInteger, nullable=False, server_default=one))
    # The owner is held to the policies too, as whoever it says it is.
    op.execute("SET LOCAL lm.role = 'SERVICE'")
    op.execute("UPDATE sessions SET auth_time = create_time")


def _create_audit() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", sa.Uuid, primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("action", "actor_id", "subject_id", "ip_address", "outcome")
        ),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("audit_events_actor", "audit_events", ["actor_id", "id"])
    op.create_index("audit_events_subject", "audit_events", ["subject_id", "id"])
    op.create_table(
        "audit_links",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    op.create_table("audit_queue", sa.Column("event_id", sa.Uuid, primary_key=True))
