"""The videos table and the answers, declared once each as SQLModel wants it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy import ARRAY, DateTime, Float, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_TIME = DateTime(timezone=True)


class VideoRow(SQLModel, table=True):
    """What a video's answer needs of the table; the transcript stays unread."""

    __tablename__ = "videos"

    id: UUID = Field(primary_key=True)
    title: str
    subject: str
    difficulty: str
    topic: str
    created_by: UUID
    status: str
    status_message: str
    summary: str
    key_points: list[str] = Field(sa_type=ARRAY(Text))
    timestamps: list[float] = Field(sa_type=ARRAY(Float))
    chapters: list[dict[str, Any]] = Field(sa_type=JSONB)
    duration: float
    rating_sum: int
    rating_count: int
    rating_score: float
    view_count: int
    comment_count: int
    tags: list[str] = Field(sa_type=ARRAY(Text))
    create_time: datetime = Field(sa_type=_TIME)
    update_time: datetime = Field(sa_type=_TIME)
    estimated_completion_time: datetime | None = Field(sa_type=_TIME)
    provenance: dict[str, Any] = Field(sa_type=JSONB)


class Answer(SQLModel):
    """Keys in lowerCamelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Chapter(Answer):
    """A part of a lesson."""

    title: str
    start: float


class Provenance(Answer):
    """What wrote a lesson."""

    model: str
    model_sha256: str
    prompt_version: str
    seed: int
    facts: list[str]
    model_line_count: int
    reading_grade: float
    voice: str


class Video(Answer):
    """A lesson video as clients see it."""

    id: UUID
    title: str
    subject: str
    difficulty: str
    topic: str
    created_by: UUID
    status: str
    status_message: str
    script_summary: str
    key_points: list[str]
    timestamps: list[float]
    chapters: list[Chapter]
    video_url: str
    thumbnail_url: str
    captions_url: str
    duration: float
    rating_avg: float
    rating_count: int
    view_count: int
    comment_count: int
    tags: list[str]
    create_time: datetime
    update_time: datetime
    estimated_completion_time: datetime | None
    provenance: Provenance


class Page(Answer):
    """A page of the feed."""

    videos: list[Video]
    next_page_token: str
