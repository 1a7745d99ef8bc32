"""What people take along."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Uuid, text
from sqlmodel import Field

from auth_service.tables.base import Base, owner_column, text_column, time_column


class Exports(Base, table=True):
    """What people take along; `secret` signs the links to the archive, which lies in `export_pieces`. See domain/exports.py."""

    __tablename__ = "exports"
    __table_args__ = (
        CheckConstraint("state IN ('GATHERING', 'READY', 'FAILED')", name="exports_state"),
        Index("exports_user_request", "user_id", "request_id", unique=True),
        # One account has one export in the making, whatever a race may try.
        Index("exports_gathering", "user_id", unique=True, postgresql_where=text("state = 'GATHERING'")),
        Index("exports_due", "due_time", postgresql_where=text("state = 'GATHERING'")),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    user_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False))
    request_id: UUID | None = Field(sa_column=Column(Uuid))
    state: str = Field(sa_column=text_column())
    secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    create_time: datetime = Field(sa_column=time_column())
    due_time: datetime = Field(sa_column=time_column())
    attempts: int
    reason: str = Field(sa_column=text_column())
    size: int
    expire_time: datetime | None = Field(sa_column=time_column(nullable=True))


class ExportPieces(Base, table=True):
    """The archive of an export, cut into pieces of 256 KiB."""

    __tablename__ = "export_pieces"

    export_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True))
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    user_id: UUID = Field(sa_column=owner_column())
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
