"""A password finds its registration among those of an address that wait."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Registrations that wait already have salts of their own; only the newest of an address is found."""
    op.create_index("registrations_password", "registrations", ["email", "password_hash"])


def downgrade() -> None:
    """The index alone."""
    op.drop_index("registrations_password", "registrations")
