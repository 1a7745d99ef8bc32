"""Alembic's environment for auth's database."""

from auth_service.tables import METADATA
from servicekit.migrate import run_environment

run_environment(METADATA)
