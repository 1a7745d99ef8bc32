"""When access to an account was last revoked, and the session that went on."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("planners", sa.Column("revoke_time", sa.DateTime(timezone=True)))
    op.add_column("planners", sa.Column("spared_session", sa.Uuid))


def downgrade() -> None:
    op.drop_column("planners", "spared_session")
    op.drop_column("planners", "revoke_time")
