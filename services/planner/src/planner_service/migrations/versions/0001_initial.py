"""Events and the versions of planners."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from servicekit.database.row_level_security import protect
from servicekit.migrate import create_messaging_tables, drop_messaging_tables

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("request_id", sa.Uuid),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("start_time", _TIME, nullable=False),
        sa.Column("end_time", _TIME, nullable=False),
        sa.Column("all_day", sa.Boolean, nullable=False),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("recurrence", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("reminders", JSONB, nullable=False),
        sa.Column("completions", JSONB, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "subject in ('NONE', 'MATH', 'CHEMISTRY', 'HISTORY', 'ENGLISH')",
            name="events_subject_check",
        ),
        sa.CheckConstraint("type in ('ASSIGNMENT', 'STUDY', 'EXAM', 'PROJECT')", name="events_type_check"),
        sa.CheckConstraint("end_time >= start_time", name="events_end_time_check"),
        sa.UniqueConstraint("user_id", "request_id", name="events_user_id_request_id_key"),
    )
    op.create_index("events_user_id_start_time_id_idx", "events", ["user_id", "start_time", "id"])
    op.create_index("events_user_id_sequence_idx", "events", ["user_id", "sequence"])
    op.create_table(
        "tombstones",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("delete_time", _TIME, nullable=False),
    )
    op.create_index("tombstones_delete_time_idx", "tombstones", ["delete_time"])
    op.create_table(
        "planners",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("forgotten", sa.Integer, nullable=False),
    )
    create_messaging_tables()
    for table in ("events", "tombstones", "planners"):
        for statement in protect(table, owner="user_id"):
            op.execute(statement)


def downgrade() -> None:
    drop_messaging_tables()
    op.drop_table("planners")
    op.drop_table("tombstones")
    op.drop_table("events")
