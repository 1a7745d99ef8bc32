"""The schema goes up, down to nothing and up again, and is what the tables say."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from planner_service.tables import METADATA
from servicekit import migrate


def test_the_schema_goes_down_to_nothing_and_up_again(make_database) -> None:
    url = make_database("planner").owner
    migrate.downgrade("planner", url)
    assert _tables(url) == {"alembic_version"}
    migrate.upgrade("planner", url)
    assert _tables(url) == {"alembic_version", *METADATA.tables}


def test_the_migrations_make_exactly_what_the_tables_say(make_database) -> None:
    engine = create_engine(migrate.engine_url(make_database("planner").owner))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def _tables(url: str) -> set[str]:
    engine = create_engine(migrate.engine_url(url))
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()
