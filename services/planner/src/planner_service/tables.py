"""The schema of the planner database."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, DateTime, Index, MetaData, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from servicekit.tables import add_erasure_table, add_messaging_tables

METADATA = MetaData()
_TIME = DateTime(timezone=True)


class Base(SQLModel, registry=registry(metadata=METADATA)):
    """Keeps this service's tables apart from those of others that share a process with it in tests."""


class EventRow(Base, table=True):
    """An event; it belongs to the account whose planner it is in."""

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint(
            "subject in ('NONE', 'MATH', 'CHEMISTRY', 'HISTORY', 'ENGLISH')",
            name="events_subject_check",
        ),
        CheckConstraint("type in ('ASSIGNMENT', 'STUDY', 'EXAM', 'PROJECT')", name="events_type_check"),
        CheckConstraint("end_time >= start_time", name="events_end_time_check"),
        UniqueConstraint("user_id", "request_id", name="events_user_id_request_id_key"),
        Index("events_user_id_start_time_id_idx", "user_id", "start_time", "id"),
        Index("events_user_id_sequence_idx", "user_id", "sequence"),
        Index("events_reminder_time_idx", "reminder_time", postgresql_where=text("reminder_time IS NOT NULL")),
        Index("events_user_id_uid_idx", "user_id", "uid", unique=True, postgresql_where=text("uid IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    user_id: UUID
    request_id: UUID | None
    title: str = Field(sa_type=Text)
    description: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    type: str = Field(sa_type=Text)
    start_time: datetime = Field(sa_type=_TIME)
    end_time: datetime = Field(sa_type=_TIME)
    all_day: bool
    time_zone: str = Field(sa_type=Text)
    recurrence: list[str] = Field(sa_type=ARRAY(Text))
    reminders: list[dict[str, Any]] = Field(sa_type=JSONB)
    completions: list[dict[str, str]] = Field(sa_type=JSONB)
    version: int
    create_time: datetime = Field(sa_type=_TIME)
    update_time: datetime = Field(sa_type=_TIME)
    sequence: int
    reminder_time: datetime | None = Field(sa_type=_TIME)
    uid: str | None = Field(sa_type=Text)


class FeedRow(Base, table=True):
    """An account's calendar feed; `digest` is the SHA-256 of the token in its address."""

    __tablename__ = "feeds"
    __table_args__ = (UniqueConstraint("digest", name="feeds_digest_key"),)

    user_id: UUID = Field(primary_key=True)
    digest: bytes
    create_time: datetime = Field(sa_type=_TIME)


class TombstoneRow(Base, table=True):
    """An event that was deleted, for devices that have not heard of it yet."""

    __tablename__ = "tombstones"
    __table_args__ = (Index("tombstones_delete_time_idx", "delete_time"),)

    user_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    event_id: UUID
    delete_time: datetime = Field(sa_type=_TIME)


class PlannerRow(Base, table=True):
    """One account's planner; `version` grows with every change of any of its events.

    `forgotten` is the last version whose deletions are no longer known. `revoke_time` is when access to the account was last
    revoked, `spared_session` the session of before that goes on; see domain/feeds.py.
    """

    __tablename__ = "planners"

    user_id: UUID = Field(primary_key=True)
    version: int
    forgotten: int
    revoke_time: datetime | None = Field(sa_type=_TIME)
    spared_session: UUID | None


add_messaging_tables(METADATA)
add_erasure_table(METADATA)
