"""The schema of the community database."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from servicekit.tables import add_erasure_table, add_messaging_tables

METADATA = MetaData()
_TIME = DateTime(timezone=True)


class Base(SQLModel, registry=registry(metadata=METADATA)):
    """Keeps this service's tables apart from those of others that share a process with it in tests."""


class VideoRow(Base, table=True):
    """What events and content told of a video. Nobody owns these rows."""

    __tablename__ = "videos"
    __table_args__ = (CheckConstraint("state in ('PUBLIC', 'WITHDRAWN', 'DELETED')", name="videos_state_check"),)

    id: UUID = Field(primary_key=True)
    created_by: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    version: int


class CommentRow(Base, table=True):
    """A comment; it belongs to its author.

    `version` is that of its video (in comment_totals) when everybody last saw it change, `appeared` when it last became
    visible; 0 before that.
    """

    __tablename__ = "comments"
    __table_args__ = (
        CheckConstraint(
            "status in ('PENDING', 'APPROVED', 'REJECTED', 'WITHHELD')",
            name="comments_status_check",
        ),
        ForeignKeyConstraint(["video_id"], ["videos.id"], name="comments_video_id_fkey"),
        ForeignKeyConstraint(
            ["parent_id"],
            ["comments.id"],
            name="comments_parent_id_fkey",
            ondelete="CASCADE",
        ),
        UniqueConstraint("user_id", "request_id", name="comments_user_id_request_id_key"),
        Index("comments_video_id_create_time_id_idx", "video_id", "create_time", "id"),
        Index("comments_parent_id_create_time_id_idx", "parent_id", "create_time", "id"),
        Index("comments_user_id_create_time_idx", "user_id", "create_time"),
        Index("comments_video_id_version_idx", "video_id", "version"),
    )

    id: UUID = Field(primary_key=True)
    video_id: UUID
    user_id: UUID
    parent_id: UUID | None
    text: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    request_id: UUID | None
    create_time: datetime = Field(sa_type=_TIME)
    update_time: datetime = Field(sa_type=_TIME)
    edited: bool
    deleted: bool
    depth: int
    by_staff: bool
    reason_code: str = Field(sa_type=Text)
    resources: str = Field(sa_type=Text)
    version: int
    appeared: int
    mentions: list[dict[str, str]] = Field(sa_type=JSONB)


class RevisionRow(Base, table=True):
    """A text a comment had before; it belongs to the comment's author."""

    __tablename__ = "comment_revisions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["comment_id"],
            ["comments.id"],
            name="comment_revisions_comment_id_fkey",
            ondelete="CASCADE",
        ),
    )

    comment_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    user_id: UUID
    text: str = Field(sa_type=Text)
    create_time: datetime = Field(sa_type=_TIME)


class ThreadRow(Base, table=True):
    """How many visible answers a comment has: apart from it, because it is others who change the number."""

    __tablename__ = "threads"
    __table_args__ = (
        ForeignKeyConstraint(
            ["comment_id"],
            ["comments.id"],
            name="threads_comment_id_fkey",
            ondelete="CASCADE",
        ),
        Index("threads_video_id_reply_count_comment_id_idx", "video_id", "reply_count", "comment_id"),
    )

    comment_id: UUID = Field(primary_key=True)
    video_id: UUID
    reply_count: int


class ReportRow(Base, table=True):
    """What one account has against a comment, how much that counts and what became of it; it belongs to that account."""

    __tablename__ = "reports"
    __table_args__ = (
        CheckConstraint("outcome in ('UPHELD', 'DISMISSED')", name="reports_outcome_check"),
        Index("reports_reporter_id_outcome_idx", "reporter_id", "outcome"),
        ForeignKeyConstraint(["comment_id"], ["comments.id"], name="reports_comment_id_fkey", ondelete="CASCADE"),
    )

    comment_id: UUID = Field(primary_key=True)
    reporter_id: UUID = Field(primary_key=True)
    concern: str = Field(sa_type=Text)
    note: str = Field(sa_type=Text)
    create_time: datetime = Field(sa_type=_TIME)
    weight: float
    outcome: str | None = Field(sa_type=Text)


class QueueItemRow(Base, table=True):
    """A comment that waits for a moderator. Nobody owns these rows."""

    __tablename__ = "moderation_queue"
    __table_args__ = (
        ForeignKeyConstraint(
            ["comment_id"],
            ["comments.id"],
            name="moderation_queue_comment_id_fkey",
            ondelete="CASCADE",
        ),
    )

    comment_id: UUID = Field(primary_key=True)
    report_count: int
    concerns: list[str] = Field(sa_type=ARRAY(Text))
    claimed_by: UUID | None
    claim_time: datetime | None = Field(sa_type=_TIME)
    create_time: datetime = Field(sa_type=_TIME)
    weight: float


class DecisionRow(Base, table=True):
    """What a moderator decided on a comment of `user_id`, who may read it; it stays when the comment goes."""

    __tablename__ = "decisions"
    __table_args__ = (
        CheckConstraint(
            "action in ('APPROVE', 'REJECT', 'HIDE', 'WARN', 'SUSPEND')",
            name="decisions_action_check",
        ),
        Index("decisions_comment_id_id_idx", "comment_id", "id"),
        Index("decisions_user_id_id_idx", "user_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    comment_id: UUID
    moderator_id: UUID
    action: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    create_time: datetime = Field(sa_type=_TIME)
    user_id: UUID
    code: str = Field(sa_type=Text)
    end_time: datetime | None = Field(sa_type=_TIME)
    overturned: bool


class AppealRow(Base, table=True):
    """What an author says against the decision whose id it has, and the answer. The author may read it."""

    __tablename__ = "appeals"
    __table_args__ = (
        CheckConstraint("status in ('PENDING', 'APPROVED', 'REJECTED')", name="appeals_status_check"),
        ForeignKeyConstraint(["id"], ["decisions.id"], name="appeals_id_fkey", ondelete="CASCADE"),
        Index("appeals_comment_id_id_idx", "comment_id", "id"),
        Index("appeals_user_id_idx", "user_id"),
    )

    id: UUID = Field(primary_key=True)
    comment_id: UUID
    user_id: UUID
    statement: str = Field(sa_type=Text)
    create_time: datetime = Field(sa_type=_TIME)
    status: str = Field(sa_type=Text)
    answer: str = Field(sa_type=Text)
    answered_by: UUID | None
    answer_time: datetime | None = Field(sa_type=_TIME)


class CommentTotalsRow(Base, table=True):
    """How many visible comments a video has; `version` grows with every change."""

    __tablename__ = "comment_totals"

    video_id: UUID = Field(primary_key=True)
    count: int
    version: int


class RatingRow(Base, table=True):
    """One account's stars for one video; they belong to the account."""

    __tablename__ = "ratings"
    __table_args__ = (
        CheckConstraint("stars between 1 and 5", name="ratings_stars_check"),
        ForeignKeyConstraint(["video_id"], ["videos.id"], name="ratings_video_id_fkey"),
    )

    video_id: UUID = Field(primary_key=True)
    user_id: UUID = Field(primary_key=True)
    stars: int
    create_time: datetime = Field(sa_type=_TIME)
    update_time: datetime = Field(sa_type=_TIME)


class RatingTotalsRow(Base, table=True):
    """How many ratings with each number of stars a video has; `version` grows with every change."""

    __tablename__ = "rating_totals"
    __table_args__ = (CheckConstraint("cardinality(histogram) = 5", name="rating_totals_histogram_check"),)

    video_id: UUID = Field(primary_key=True)
    histogram: list[int] = Field(sa_type=ARRAY(Integer))
    version: int


add_messaging_tables(METADATA)
add_erasure_table(METADATA)
