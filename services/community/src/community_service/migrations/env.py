"""Where Alembic starts."""

from community_service.tables import METADATA
from servicekit.migrate import run_environment

run_environment(METADATA)
