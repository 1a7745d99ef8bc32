"""When each event reminds next, calendar feeds, and what imported events are called in their files."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.row_level_security import protect

revision = "0003"
down_revision = "0002"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("events", sa.Column("reminder_time", _TIME))
    op.add_column("events", sa.Column("uid", sa.Text))
    # The scheduler finds out what is next; what was due before reminders were sent stays unsent.
    op.execute("SET LOCAL lm.role = 'SERVICE'")  # the policies bind the tables' owner as well
    op.execute("UPDATE events SET reminder_time = now() WHERE jsonb_array_length(reminders) > 0")
    op.create_index(
        "events_reminder_time_idx", "events", ["reminder_time"], postgresql_where=sa.text("reminder_time IS NOT NULL")
    )
    op.create_index(
        "events_user_id_uid_idx", "events", ["user_id", "uid"], unique=True, postgresql_where=sa.text("uid IS NOT NULL")
    )
    op.create_table(
        "feeds",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("create_time", _TIME, nullable=False),
        sa.UniqueConstraint("digest", name="feeds_digest_key"),
    )
    for statement in protect("feeds", owner="user_id"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("feeds")
    op.drop_column("events", "uid")
    op.drop_column("events", "reminder_time")
