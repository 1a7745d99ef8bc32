"""Accounts on their way out."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Text, Uuid, text
from sqlmodel import Field

from auth_service.tables.base import Base, text_column, time_column


class Erasures(Base, table=True):
    """Accounts on their way out and those gone; the account itself may be, so nothing refers to it. See domain/erasure.py."""

    __tablename__ = "erasures"
    __table_args__ = (
        Index("erasures_waiting", "request_time", postgresql_where=text("delete_time IS NULL")),
        Index("erasures_silent", "announce_time", postgresql_where=text("announce_time IS NOT NULL")),
    )

    user_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    request_time: datetime = Field(sa_column=time_column())
    delete_time: datetime | None = Field(sa_column=time_column(nullable=True))
    finish_time: datetime | None = Field(sa_column=time_column(nullable=True))
    email: str = Field(sa_column=text_column())
    announcements: int
    announce_time: datetime | None = Field(sa_column=time_column(nullable=True))


class ErasureReceipts(Base, table=True):
    """Which service has erased what it held of an account, and how many rows that were."""

    __tablename__ = "erasure_receipts"

    user_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("erasures.user_id", ondelete="CASCADE"), primary_key=True))
    service: str = Field(sa_column=Column(Text, primary_key=True))
    row_count: int
    receive_time: datetime = Field(sa_column=time_column())
