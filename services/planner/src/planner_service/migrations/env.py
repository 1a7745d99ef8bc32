"""Where Alembic starts."""

from planner_service.tables import METADATA
from servicekit.migrate import run_environment

run_environment(METADATA)
