"""The audit log."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Uuid
from sqlmodel import Field

from auth_service.tables.base import Base, text_column, time_column


class AuditEvents(Base, table=True):
    """The audit log. The service's role may add and read; ids stay when an account goes, so nothing refers to accounts."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("audit_events_actor", "actor_id", "id"),
        Index("audit_events_subject", "subject_id", "id"),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    action: str = Field(sa_column=text_column())
    actor_id: str = Field(sa_column=text_column())
    subject_id: str = Field(sa_column=text_column())
    ip_address: str = Field(sa_column=text_column())
    outcome: str = Field(sa_column=text_column())
    create_time: datetime = Field(sa_column=time_column())


class AuditLinks(Base, table=True):
    """The audit log's hash chain; `hash` is over the link before and the entry. The service's role may add and read."""

    __tablename__ = "audit_links"

    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    event_id: UUID = Field(sa_column=Column(Uuid, nullable=False, unique=True))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AuditQueue(Base, table=True):
    """Entries of the audit log that are in no chain yet."""

    __tablename__ = "audit_queue"

    event_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
