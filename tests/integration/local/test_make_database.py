"""A test's database is freshly migrated, its own, and as strict as production's."""

import psycopg
import pytest


def test_it_is_migrated_and_the_runtime_role_may_only_change_rows(make_database):
    urls = make_database("auth")
    with psycopg.connect(urls.app) as connection:
        tables = connection.execute("select count(*) from information_schema.tables where table_schema = 'public'")
        assert tables.fetchone()[0] > 2
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("create table mine (id int)")


def test_what_one_database_holds_another_does_not(make_database):
    first, second = make_database("auth"), make_database("auth")
    with psycopg.connect(first.owner) as connection:
        connection.execute("create table only_here (id int)")
    with psycopg.connect(second.owner) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("select from only_here")
