"""The tables every service's database has: what it still has to tell, what it has already heard, and whom it has erased."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    func,
)


def add_messaging_tables(metadata: MetaData) -> None:
    """Adds `outbox` and `inbox` to a service's schema; their migration is `servicekit.migrate.create_messaging_tables`."""
    Table("outbox", metadata, *outbox_columns())
    Table("inbox", metadata, *inbox_columns(), PrimaryKeyConstraint("consumer", "event_id"))


def add_erasure_table(metadata: MetaData) -> Table:
    """Adds `erased_users` to a service's schema; its migration is `servicekit.migrate.create_erasure_table`."""
    return Table("erased_users", metadata, *erasure_columns())


def outbox_columns() -> list[Column[object]]:
    """Events to publish, in the order of `position`."""
    return [
        Column("position", BigInteger, Identity(always=True), primary_key=True),
        Column("id", Uuid, nullable=False),
        Column("subject", Text, nullable=False),
        Column("about", Text, nullable=False),
        Column("source", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        Column("traceparent", Text, nullable=False),
        _create_time(),
    ]


def inbox_columns() -> list[Column[object]]:
    """Ids of events already applied, by consumer."""
    return [Column("consumer", Text, nullable=False), Column("event_id", Uuid, nullable=False), _create_time()]


def erasure_columns() -> list[Column[object]]:
    """Accounts erased lately, by an id that leads to nobody any more, and how many rows that were."""
    return [
        Column("user_id", Uuid, primary_key=True),
        Column("row_count", Integer, nullable=False),
        Column("erase_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
    ]


def _create_time() -> Column[object]:
    return Column("create_time", DateTime(timezone=True), nullable=False, server_default=func.now())
