"""Videos, the jobs that make them, and events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from servicekit.database.row_level_security import protect
from servicekit.migrate import create_messaging_tables, drop_messaging_tables

revision = "0001"
down_revision = None

_PUBLIC = "status = 'PUBLIC'"


def upgrade() -> None:
    _create_videos()
    _create_jobs()
    _create_views()
    create_messaging_tables()
    for statement in (
        *protect("videos", owner="created_by", readable=_PUBLIC, moderators=True),
        *protect("generation_jobs", owner="owner", moderators=True),
        *protect("views", owner="viewer"),
    ):
        op.execute(statement)


def downgrade() -> None:
    drop_messaging_tables()
    op.drop_table("views")
    op.drop_table("generation_jobs")
    op.drop_table("videos")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_videos() -> None:
    op.create_table(
        "videos",
        sa.Column("id", sa.Uuid, primary_key=True),
        _text("title"),
        _text("subject"),
        _text("difficulty"),
        _text("topic"),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("request_id", sa.Uuid),
        _text("status"),
        _text("status_message"),
        _text("summary"),
        sa.Column("key_points", ARRAY(sa.Text), nullable=False),
        sa.Column("timestamps", ARRAY(sa.Float), nullable=False),
        sa.Column("chapters", JSONB, nullable=False),
        sa.Column("cues", JSONB, nullable=False),
        sa.Column("search", TSVECTOR, nullable=False),
        sa.Column("duration", sa.Float, nullable=False),
        _integer("rating_sum"),
        _integer("rating_count"),
        _integer("rating_version"),
        sa.Column(
            "rating_score",
            sa.Float,
            sa.Computed("(rating_sum + 15.0) / (rating_count + 5)", persisted=True),
            nullable=False,
        ),
        _integer("view_count"),
        _integer("comment_count"),
        _integer("comment_version"),
        sa.Column("tags", ARRAY(sa.Text), nullable=False),
        _time("create_time"),
        _time("update_time"),
        _time("estimated_completion_time", nullable=True),
        sa.Column("provenance", JSONB, nullable=False),
        _integer("version"),
        sa.CheckConstraint(
            "status in ('PENDING', 'PROCESSING', 'PUBLIC', 'REJECTED', 'FAILED', 'DELETED')", name="videos_status_check"
        ),
        sa.CheckConstraint("subject in ('MATH', 'CHEMISTRY', 'HISTORY', 'ENGLISH')", name="videos_subject_check"),
        sa.CheckConstraint("difficulty in ('INTRO', 'STANDARD', 'HONORS')", name="videos_difficulty_check"),
    )
    op.create_index("videos_created_by_request_id_idx", "videos", ["created_by", "request_id"], unique=True)
    op.create_index("videos_created_by_create_time_id_idx", "videos", ["created_by", "create_time", "id"])
    for name, columns in {
        "videos_recent_idx": ["create_time", "id"],
        "videos_popular_idx": ["view_count", "id"],
        "videos_rating_idx": ["rating_score", "id"],
        "videos_subject_recent_idx": ["subject", "create_time", "id"],
    }.items():
        op.create_index(name, "videos", columns, postgresql_where=sa.text(_PUBLIC))
    op.create_index(
        "videos_search_idx", "videos", ["search"], postgresql_using="gin", postgresql_where=sa.text(_PUBLIC)
    )


def _create_jobs() -> None:
    op.create_table(
        "generation_jobs",
        sa.Column("video_id", sa.Uuid, primary_key=True),
        sa.Column("owner", sa.Uuid, nullable=False),
        _text("stage"),
        _integer("percent"),
        _integer("attempts"),
        _integer("seed"),
        sa.Column("script", sa.LargeBinary, nullable=False),
        _text("trace"),
        _text("worker"),
        _time("lease_time", nullable=True),
        _time("not_before"),
        _time("create_time"),
        _time("start_time", nullable=True),
        _time("finish_time", nullable=True),
        sa.CheckConstraint("percent between 0 and 100", name="generation_jobs_percent_check"),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name="generation_jobs_video_id_fkey", ondelete="CASCADE"),
    )
    for name, column, condition in (
        ("generation_jobs_queue_idx", "create_time", "finish_time IS NULL"),
        ("generation_jobs_finish_time_idx", "finish_time", "finish_time IS NOT NULL"),
    ):
        op.create_index(name, "generation_jobs", [column], postgresql_where=sa.text(condition))


def _create_views() -> None:
    op.create_table(
        "views",
        sa.Column("video_id", sa.Uuid, primary_key=True),
        sa.Column("viewer", sa.Uuid, primary_key=True),
        sa.Column("hour", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name="views_video_id_fkey", ondelete="CASCADE"),
    )
    for name, condition in (("views_waiting_idx", "NOT counted"), ("views_counted_idx", "counted")):
        op.create_index(name, "views", ["hour"], postgresql_where=sa.text(condition))
