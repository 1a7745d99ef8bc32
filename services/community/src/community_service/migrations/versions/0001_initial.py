"""Videos, comments, ratings and their totals."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.row_level_security import protect
from servicekit.migrate import create_messaging_tables, drop_messaging_tables

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "videos",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("state in ('PUBLIC', 'WITHDRAWN', 'DELETED')", name="videos_state_check"),
    )
    _create_comments()
    _create_moderation()
    _create_ratings()
    create_messaging_tables()
    _protect()


def _create_comments() -> None:
    op.create_table(
        "comments",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("video_id", sa.Uuid, sa.ForeignKey("videos.id"), nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("parent_id", sa.Uuid, sa.ForeignKey("comments.id", ondelete="CASCADE")),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("request_id", sa.Uuid),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
        sa.Column("edited", sa.Boolean, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.CheckConstraint(
            "status in ('PENDING', 'APPROVED', 'REJECTED', 'WITHHELD')",
            name="comments_status_check",
        ),
        sa.UniqueConstraint("user_id", "request_id", name="comments_user_id_request_id_key"),
    )
    for column in ("video_id", "parent_id"):
        op.create_index(f"comments_{column}_create_time_id_idx", "comments", [column, "create_time", "id"])
    op.create_table(
        "comment_revisions",
        sa.Column("comment_id", sa.Uuid, sa.ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("create_time", _TIME, nullable=False),
    )
    op.create_table(
        "threads",
        sa.Column("comment_id", sa.Uuid, sa.ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("video_id", sa.Uuid, nullable=False),
        sa.Column("reply_count", sa.Integer, nullable=False),
    )
    op.create_index(
        "threads_video_id_reply_count_comment_id_idx",
        "threads",
        ["video_id", "reply_count", "comment_id"],
    )
    op.create_table(
        "comment_totals",
        sa.Column("video_id", sa.Uuid, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )


def _create_moderation() -> None:
    op.create_table(
        "reports",
        sa.Column("comment_id", sa.Uuid, sa.ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("reporter_id", sa.Uuid, primary_key=True),
        sa.Column("concern", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("create_time", _TIME, nullable=False),
    )
    op.create_table(
        "moderation_queue",
        sa.Column("comment_id", sa.Uuid, sa.ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("report_count", sa.Integer, nullable=False),
        sa.Column("concerns", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("claimed_by", sa.Uuid),
        sa.Column("claim_time", _TIME),
        sa.Column("create_time", _TIME, nullable=False),
    )
    op.create_index("moderation_queue_report_count_comment_id_idx", "moderation_queue", ["report_count", "comment_id"])
    op.create_table(
        "decisions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("comment_id", sa.Uuid, nullable=False),
        sa.Column("moderator_id", sa.Uuid, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("create_time", _TIME, nullable=False),
        sa.CheckConstraint("action in ('APPROVE', 'REJECT', 'HIDE')", name="decisions_action_check"),
    )
    op.create_index("decisions_comment_id_id_idx", "decisions", ["comment_id", "id"])


def _create_ratings() -> None:
    op.create_table(
        "ratings",
        sa.Column("video_id", sa.Uuid, sa.ForeignKey("videos.id"), primary_key=True),
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("stars", sa.Integer, nullable=False),
        sa.Column("create_time", _TIME, nullable=False),
        sa.Column("update_time", _TIME, nullable=False),
        sa.CheckConstraint("stars between 1 and 5", name="ratings_stars_check"),
    )
    op.create_table(
        "rating_totals",
        sa.Column("video_id", sa.Uuid, primary_key=True),
        sa.Column("histogram", sa.ARRAY(sa.Integer), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("cardinality(histogram) = 5", name="rating_totals_histogram_check"),
    )


def _protect() -> None:
    visible = "status = 'APPROVED'"
    for statement in [
        *protect("comments", owner="user_id", readable=visible, moderators=True),
        *protect("comment_revisions", owner="user_id", moderators=True),
        *protect("reports", owner="reporter_id", moderators=True),
        *protect("decisions", owner="moderator_id", moderators=True),
        *protect("ratings", owner="user_id"),
    ]:
        op.execute(statement)


def downgrade() -> None:
    drop_messaging_tables()
    moderation = ("decisions", "moderation_queue", "reports")
    for table in (
        "rating_totals",
        "ratings",
        *moderation,
        "comment_totals",
        "threads",
        "comment_revisions",
        "comments",
        "videos",
    ):
        op.drop_table(table)
