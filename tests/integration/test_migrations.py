"""Every service's schema goes up, down to nothing and up again, and is what its tables say."""

from importlib import import_module

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine, inspect

from servicekit import migrate

SERVICES = ["auth", "content", "community", "planner"]


@pytest.mark.parametrize("service", SERVICES)
def test_the_schema_goes_down_to_nothing_and_up_again(service, make_database) -> None:
    url = make_database(service).owner
    migrate.downgrade(service, url)
    assert _tables(url) == {"alembic_version"}
    migrate.upgrade(service, url)
    assert _tables(url) == {"alembic_version", *_metadata(service).tables}


@pytest.mark.parametrize("service", SERVICES)
def test_the_migrations_make_exactly_what_the_tables_say(service, make_database) -> None:
    engine = create_engine(migrate.engine_url(make_database(service).owner))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), _metadata(service)) == []
    engine.dispose()


def _metadata(service: str) -> MetaData:
    metadata: MetaData = import_module(f"{service}_service.tables").METADATA
    return metadata


def _tables(url: str) -> set[str]:
    engine = create_engine(migrate.engine_url(url))
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()
