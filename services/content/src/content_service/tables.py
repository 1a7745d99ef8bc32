"""The schema of the content database."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Float,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Sequence,
    Text,
    false,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from servicekit.tables import add_erasure_table, add_messaging_tables

METADATA = MetaData()
# Numbers published videos in their order: a video's shelves in the search index follow from it.
NUMBERS = Sequence("published_videos", metadata=METADATA, minvalue=0, start=0)
_TIME = DateTime(timezone=True)
_PUBLIC = "status = 'PUBLIC'"
_UNPUBLISHED = "status <> 'PUBLIC' AND status <> 'DELETED'"


class Base(SQLModel, registry=registry(metadata=METADATA)):
    """Keeps this service's tables apart from those of others that share a process with it in tests."""


class VideoRow(Base, table=True):
    """A lesson video; it belongs to the account that asked for it and is everybody's to read once PUBLIC."""

    __tablename__ = "videos"
    __table_args__ = (
        CheckConstraint(
            "status in ('PENDING', 'PROCESSING', 'PUBLIC', 'REJECTED', 'FAILED', 'DELETED')", name="videos_status_check"
        ),
        CheckConstraint("subject in ('MATH', 'CHEMISTRY', 'HISTORY', 'ENGLISH')", name="videos_subject_check"),
        CheckConstraint("difficulty in ('INTRO', 'STANDARD', 'HONORS')", name="videos_difficulty_check"),
        Index("videos_created_by_request_id_idx", "created_by", "request_id", unique=True),
        Index("videos_created_by_create_time_id_idx", "created_by", "create_time", "id"),
        # The feed: one index a sort, and one more where a subject is chosen, each over PUBLIC rows alone.
        Index("videos_recent_idx", "create_time", "id", postgresql_where=_PUBLIC),
        Index("videos_popular_idx", "view_count", "id", postgresql_where=_PUBLIC),
        Index("videos_rating_idx", "rating_score", "id", postgresql_where=_PUBLIC),
        Index("videos_unpublished_idx", "status", "create_time", "id", postgresql_where=_UNPUBLISHED),
        Index("videos_subject_recent_idx", "subject", "create_time", "id", postgresql_where=_PUBLIC),
    )

    id: UUID = Field(primary_key=True)
    title: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    difficulty: str = Field(sa_type=Text)
    topic: str = Field(sa_type=Text)
    created_by: UUID
    request_id: UUID | None
    status: str = Field(sa_type=Text)
    status_message: str = Field(sa_type=Text)
    summary: str = Field(sa_type=Text)
    key_points: list[str] = Field(sa_type=ARRAY(Text))
    timestamps: list[float] = Field(sa_type=ARRAY(Float))
    chapters: list[dict[str, Any]] = Field(sa_type=JSONB)
    cues: list[dict[str, Any]] = Field(sa_type=JSONB)
    duration: float
    rating_sum: int
    rating_count: int
    rating_version: int
    # Bayesian: five imaginary ratings of three stars keep one lucky rating from leading the feed.
    rating_score: float = Field(
        sa_column=Column("rating_score", Float, Computed("(rating_sum + 15.0) / (rating_count + 5)"), nullable=False)
    )
    view_count: int
    comment_count: int
    comment_version: int
    tags: list[str] = Field(sa_type=ARRAY(Text))
    create_time: datetime = Field(sa_type=_TIME)
    update_time: datetime = Field(sa_type=_TIME)
    estimated_completion_time: datetime | None = Field(sa_type=_TIME)
    provenance: dict[str, Any] = Field(sa_type=JSONB)
    version: int


class JobRow(Base, table=True):
    """The work of making one video; leased to one worker at a time. It stays when done: its times make the estimates."""

    __tablename__ = "generation_jobs"
    __table_args__ = (
        CheckConstraint("percent between 0 and 100", name="generation_jobs_percent_check"),
        ForeignKeyConstraint(["video_id"], ["videos.id"], name="generation_jobs_video_id_fkey", ondelete="CASCADE"),
        Index("generation_jobs_queue_idx", "create_time", postgresql_where="finish_time IS NULL"),
        Index("generation_jobs_start_time_idx", "start_time", "owner"),
        Index("generation_jobs_finish_time_idx", "finish_time", postgresql_where="finish_time IS NOT NULL"),
    )

    video_id: UUID = Field(primary_key=True)
    owner: UUID
    stage: str = Field(sa_type=Text)
    percent: int
    attempts: int
    seed: int
    # Whether it was asked for together with others: it then waits behind single ones.
    batch: bool = Field(sa_column_kwargs={"server_default": false()})
    trace: str = Field(sa_type=Text)
    worker: str = Field(sa_type=Text)
    lease_time: datetime | None = Field(sa_type=_TIME)
    not_before: datetime = Field(sa_type=_TIME)
    create_time: datetime = Field(sa_type=_TIME)
    start_time: datetime | None = Field(sa_type=_TIME)
    finish_time: datetime | None = Field(sa_type=_TIME)


class StageRow(Base, table=True):
    """What a stage of a job has made, kept so that nothing is made twice, and how long that took.

    `artifact` is the script's message, JSON of a judgement, or JSON about the files that lie in the job's folder.
    """

    __tablename__ = "generation_stages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["video_id"], ["generation_jobs.video_id"], name="generation_stages_video_id_fkey", ondelete="CASCADE"
        ),
    )

    video_id: UUID = Field(primary_key=True)
    stage: str = Field(sa_type=Text, primary_key=True)
    owner: UUID
    artifact: bytes
    seconds: float
    create_time: datetime = Field(sa_type=_TIME)


class WorkerRow(Base, table=True):
    """A process that makes lessons, and when it last said so: estimates divide the queue by their number."""

    __tablename__ = "generation_workers"

    worker: str = Field(sa_type=Text, primary_key=True)
    seen_time: datetime = Field(sa_type=_TIME)


class ViewRow(Base, table=True):
    """One viewer and one hour of one video. Views become counts in batches; then the row only keeps a repeat from counting."""

    __tablename__ = "views"
    __table_args__ = (
        ForeignKeyConstraint(["video_id"], ["videos.id"], name="views_video_id_fkey", ondelete="CASCADE"),
        Index("views_waiting_idx", "hour", postgresql_where="NOT counted"),
        Index("views_counted_idx", "hour", postgresql_where="counted"),
    )

    video_id: UUID = Field(primary_key=True)
    viewer: UUID = Field(primary_key=True)
    hour: datetime = Field(sa_type=_TIME, primary_key=True)
    counted: bool


class DocumentRow(Base, table=True):
    """What search knows of a published video: its words by weight, its shelves, subject and difficulty, as one vector.

    `names_kept` when its names are among the words, word for word; `named` tells workers of the release before that there is
    nothing to do for them. A table of its own without row-level security, whose policies keep PostgreSQL from using the index
    on the words; a search shows only what it finds in `videos`, which has them.
    """

    __tablename__ = "search_documents"
    __table_args__ = (
        ForeignKeyConstraint(["video_id"], ["videos.id"], name="search_documents_video_id_fkey", ondelete="CASCADE"),
        # Words that wait for their place would be read by every search until the next VACUUM.
        Index("search_documents_words_idx", "words", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        Index("search_documents_unnamed_idx", "video_id", postgresql_where="NOT named"),
        Index("search_documents_names_not_kept_idx", "video_id", postgresql_where="NOT names_kept"),
    )

    video_id: UUID = Field(primary_key=True)
    words: str = Field(sa_column=Column("words", TSVECTOR, nullable=False))
    named: bool = Field(sa_column_kwargs={"server_default": false()})
    names_kept: bool = Field(sa_column_kwargs={"server_default": false()})


class WordRow(Base, table=True):
    """A word of a published lesson: what a half-typed word may become, and what a mistyped one may have meant."""

    __tablename__ = "search_words"

    word: str = Field(sa_column=Column("word", Text(collation="C"), primary_key=True))


add_messaging_tables(METADATA)
add_erasure_table(METADATA)
