"""The migrations make what the tables say, and undo it."""

from collections.abc import Callable

import psycopg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from auth_service.tables import METADATA
from local_mesh.servers.databases import DatabaseUrls
from servicekit import migrate

OURS = """
SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = 'public' AND relname NOT LIKE 'alembic_version%'
"""


def test_models_and_migrations_agree(make_database: Callable[[str], DatabaseUrls]) -> None:
    engine = create_engine(migrate.engine_url(make_database("auth").owner), poolclass=NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_migrations_go_down_to_nothing_and_up_again(make_database: Callable[[str], DatabaseUrls]) -> None:
    owner = make_database("auth").owner
    migrate.downgrade("auth", owner)
    with psycopg.connect(owner) as connection:
        assert connection.execute(OURS).fetchall() == []
    migrate.upgrade("auth", owner)
    test = "SELECT count(*) FROM users"
    with psycopg.connect(owner) as connection:
        assert connection.execute(test).fetchone() == (0,)
