"""Search in tables of its own: documents that stand on shelves, and the words of published lessons."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0003"
down_revision = "0002"

_SIZES = (8_192, 65_536, 524_288)
_SHELVES = ", ".join(f"'/{level}:' || number / {size}" for level, size in enumerate(_SIZES))
_DOCUMENTS = f"""
    INSERT INTO search_documents (video_id, words)
    SELECT id, search || array_to_tsvector(ARRAY[{_SHELVES}, '/s:' || subject, '/d:' || difficulty])
    FROM (
        SELECT *, row_number() OVER (ORDER BY create_time, id) - 1 AS number FROM videos WHERE search <> ''
    ) AS numbered
"""
_WORDS = """
    INSERT INTO search_words
    SELECT DISTINCT word
    FROM videos,
        unnest(tsvector_to_array(to_tsvector('simple', concat_ws(' ', title, array_to_string(key_points, ' '),
            (SELECT string_agg(cue ->> 'text', ' ') FROM jsonb_array_elements(cues) AS cue))))) AS word
    WHERE word ~ '^[[:alpha:]]{3,}$'
"""
_BACK = """
    UPDATE videos
    SET search = ts_delete(words, ARRAY(SELECT mark FROM unnest(tsvector_to_array(words)) AS mark WHERE mark ^@ '/'))
    FROM search_documents
    WHERE video_id = id
"""


_AS_SERVICE = "SET LOCAL lm.role = 'SERVICE'"  # the policies bind the tables' owner as well


def upgrade() -> None:
    op.execute(_AS_SERVICE)
    op.execute("CREATE SEQUENCE published_videos MINVALUE 0 START 0")
    op.create_table(
        "search_documents",
        sa.Column("video_id", sa.Uuid, primary_key=True),
        sa.Column("words", TSVECTOR, nullable=False),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name="search_documents_video_id_fkey", ondelete="CASCADE"),
    )
    op.create_table("search_words", sa.Column("word", sa.Text(collation="C"), primary_key=True))
    op.execute(_DOCUMENTS)
    op.execute("SELECT setval('published_videos', count(*), false) FROM search_documents")
    op.execute(_WORDS)
    op.create_index("search_documents_words_idx", "search_documents", ["words"], postgresql_using="gin")
    op.drop_index("videos_search_idx", "videos")
    op.alter_column("videos", "search", server_default="")


def downgrade() -> None:
    op.execute(_AS_SERVICE)
    op.alter_column("videos", "search", server_default=None)
    op.execute(_BACK)
    op.create_index(
        "videos_search_idx",
        "videos",
        ["search"],
        postgresql_using="gin",
        postgresql_where=sa.text("status = 'PUBLIC'"),
    )
    op.drop_table("search_words")
    op.drop_table("search_documents")
    op.execute("DROP SEQUENCE published_videos")
