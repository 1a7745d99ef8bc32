"""What people did over all services."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Text, Uuid, text
from sqlmodel import Field

from auth_service.tables.base import Base, time_column


class Activities(Base, table=True):
    """What people did over all services, told by events: one row for each video, comment, rating and completed event.

    `views` are those of a video; `time` is when an event was completed.
    """

    __tablename__ = "activities"
    __table_args__ = (
        CheckConstraint("kind IN ('VIDEO', 'COMMENT', 'RATING', 'COMPLETION')", name="activities_kind"),
        Index("activities_completions", "user_id", "time", postgresql_where=text("kind = 'COMPLETION'")),
    )

    user_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True))
    kind: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    version: int
    present: bool
    video_id: UUID | None = Field(sa_column=Column(Uuid))
    views: int
    time: datetime | None = Field(sa_column=time_column(nullable=True))


class DeletedVideos(Base, table=True):
    """Videos that are gone, with all that was said of them. Nobody owns these rows."""

    __tablename__ = "deleted_videos"

    video_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
