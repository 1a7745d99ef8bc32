"""What auth's tables are made of."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, ForeignKey, MetaData, Text, Uuid
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

METADATA = MetaData()


class Base(SQLModel, registry=registry(metadata=METADATA)):
    """Tables of this service alone: SQLModel's own metadata is shared by everything in the process."""


def text_column() -> Column[str]:
    """A text that is there."""
    return Column(Text, nullable=False)


def time_column(*, nullable: bool = False) -> Column[datetime]:
    """A point in time."""
    return Column(DateTime(timezone=True), nullable=nullable)


def owner_column() -> Column[UUID]:
    """The account a row belongs to, and goes with."""
    return Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True)


def part_of(table: str) -> Column[UUID]:
    """The row of another table that a row may belong to, and goes with."""
    return Column(Uuid, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=True, index=True)
