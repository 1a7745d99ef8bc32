"""Shelves in the search index, and the words of published lessons."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_SIZES = (8_192, 65_536, 524_288)
_SHELVES = ", ".join(f"'/{level}:' || number / {size}" for level, size in enumerate(_SIZES))
_NUMBER = f"""
    WITH numbered AS (
        SELECT id, row_number() OVER (ORDER BY create_time, id) - 1 AS number FROM videos WHERE search <> ''
    )
    UPDATE videos
    SET search = search || array_to_tsvector(ARRAY[{_SHELVES}, '/s:' || subject, '/d:' || difficulty])
    FROM numbered
    WHERE numbered.id = videos.id
"""
_WORDS = """
    INSERT INTO search_words
    SELECT DISTINCT word
    FROM videos,
        unnest(tsvector_to_array(to_tsvector('simple', concat_ws(' ', title, array_to_string(key_points, ' '),
            (SELECT string_agg(cue ->> 'text', ' ') FROM jsonb_array_elements(cues) AS cue))))) AS word
    WHERE word ~ '^[[:alpha:]]{3,}$'
"""
_UNMARK = """
    UPDATE videos
    SET search = ts_delete(search, ARRAY(SELECT mark FROM unnest(tsvector_to_array(search)) AS mark WHERE mark ^@ '/'))
    WHERE search <> ''
"""


def upgrade() -> None:
    op.execute("CREATE SEQUENCE published_videos MINVALUE 0 START 0")
    op.create_table("search_words", sa.Column("word", sa.Text(collation="C"), primary_key=True))
    op.execute(_NUMBER)
    op.execute("SELECT setval('published_videos', count(*), false) FROM videos WHERE search <> ''")
    op.execute(_WORDS)


def downgrade() -> None:
    op.execute(_UNMARK)
    op.drop_table("search_words")
    op.execute("DROP SEQUENCE published_videos")
