"""Alembic's environment for auth's database."""

from servicekit.migrate import run_environment

from auth_service.tables import METADATA

run_environment(METADATA)
