"""Schema migrations with Alembic: `python -m servicekit.migrate upgrade|downgrade <service>... [--revision R]`."""

import argparse
import os
import sys
from importlib import resources

from alembic import command, context, op
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, pool, text
from sqlalchemy.schema import PrimaryKeyConstraint

from servicekit.tables import erasure_columns, inbox_columns, outbox_columns

# A migration that cannot get its lock must fail and be tried again, not queue every request behind itself.
_LOCK_TIMEOUT = "SET lock_timeout = '5s'"


def configuration(service: str, url: str) -> Config:
    """Alembic's configuration for the migrations that lie in the service's package."""
    config = Config()
    config.set_main_option("script_location", str(resources.files(f"{service}_service") / "migrations"))
    config.attributes["url"] = url
    return config


def upgrade(service: str, url: str, revision: str = "head") -> None:
    """Brings the service's database at `url` (owner role) up to `revision`."""
    command.upgrade(configuration(service, url), revision)


def downgrade(service: str, url: str, revision: str = "base") -> None:
    """Takes the service's database at `url` (owner role) back to `revision`."""
    command.downgrade(configuration(service, url), revision)


def knows(service: str, revision: str) -> bool:
    """Whether the revision is one of the service's migrations: none of those is of a later version of the code."""
    return any(
        script.revision == revision
        for script in ScriptDirectory.from_config(configuration(service, "")).walk_revisions()
    )


def engine_url(url: str) -> str:
    """The address as SQLAlchemy wants it: with the driver named."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def run_environment(metadata: MetaData) -> None:
    """The body of every service's migrations/env.py: all pending revisions in one transaction."""
    url = context.config.attributes["url"]
    engine = create_engine(engine_url(url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text(_LOCK_TIMEOUT))
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


def create_messaging_tables() -> None:
    """The outbox and the inbox, in a service's first migration."""
    op.create_table("outbox", *outbox_columns())
    op.create_table("inbox", *inbox_columns(), PrimaryKeyConstraint("consumer", "event_id"))


def drop_messaging_tables() -> None:
    """Undoes `create_messaging_tables`."""
    op.drop_table("inbox")
    op.drop_table("outbox")


def create_erasure_table() -> None:
    """The accounts erased lately, in a migration of each service that holds anything of a person."""
    op.create_table("erased_users", *erasure_columns())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("direction", choices=["upgrade", "downgrade"])
    parser.add_argument("service")
    parser.add_argument("--revision", help="default: head when upgrading, base when downgrading")
    options = parser.parse_args()
    url = os.environ.get("LM_MIGRATION_DATABASE_URL")
    if not url:
        sys.exit("Set LM_MIGRATION_DATABASE_URL to the database's address with its owner role.")
    if options.direction == "upgrade":
        upgrade(options.service, url, options.revision or "head")
    else:
        downgrade(options.service, url, options.revision or "base")


if __name__ == "__main__":
    main()
