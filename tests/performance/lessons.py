"""Any number of published lessons, with the words of the curriculum: what search and the feed are measured over."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg

from content_service.storage.search_index import SHELF_SIZES
from inference_service.curriculum.pack import load_curriculum
from inference_service.domain.lessons import lines_needed, scenes
from inference_service.domain.lines import curated
from inference_service.domain.script import spoken_in

_SECONDS_A_WORD = 0.4
_BASE = """
    CREATE UNLOGGED TABLE lessons (number serial, title text, subject text, difficulty text, topic text, summary text,
        key_points text[], cues jsonb, tags text[], words tsvector)
"""
_ADD = """
    INSERT INTO lessons (title, subject, difficulty, topic, summary, key_points, cues, tags, words)
    VALUES (%(title)s, %(subject)s, %(difficulty)s, %(topic)s, %(summary)s, %(key_points)s, %(cues)s, %(tags)s,
        setweight(to_tsvector('english', %(title)s || ' ' || %(topic)s), 'A')
        || setweight(to_tsvector('english', %(aliases)s || ' ' || %(points)s), 'B')
        || setweight(to_tsvector('english', %(summary)s), 'C') || setweight(to_tsvector('english', %(transcript)s), 'D')
        || (SELECT coalesce(array_to_tsvector(array_agg(word)), '')
            FROM unnest(tsvector_to_array(to_tsvector('simple', concat_ws(' ', %(title)s, %(topic)s, %(aliases)s)))) AS word
            WHERE to_tsvector('english', word) = ''))
"""
# Those that the service learns: no numbers and no compounds, whose parts are words of their own.
_WORDS = """
    INSERT INTO search_words SELECT word FROM unnest(tsvector_to_array(to_tsvector('simple', %s))) AS word
    WHERE word ~ '^[[:alpha:]]{3,}$' ON CONFLICT DO NOTHING
"""
_SHELVES = ", ".join(f"'/{level}:' || n / {size}" for level, size in enumerate(SHELF_SIZES))
_FILL = """
    INSERT INTO videos (id, title, subject, difficulty, topic, created_by, request_id, status, status_message, summary,
        key_points, timestamps, chapters, cues, duration, rating_sum, rating_count, rating_version, view_count,
        comment_count, comment_version, tags, create_time, update_time, provenance, version)
    SELECT id, title, subject, difficulty, topic, md5((n %% 300)::text)::uuid, null, 'PUBLIC', '', summary,
        key_points, ARRAY[5, 20, 60], '[]', cues,
        100, 3 * ratings + n %% (ratings + 1), ratings, ratings, (random() * random() * 100000)::int,
        0, 0, tags, now() - interval '1 second' * (%(count)s - n), now(), '{"seed": 1}', 3
    FROM (SELECT *, (random() * 60)::int AS ratings FROM numbers) AS numbers JOIN lessons USING (number)
"""
_NUMBER = """
    CREATE UNLOGGED TABLE numbers AS
    SELECT gen_random_uuid() AS id, n, 1 + (n::bigint * 7919) %% %(lessons)s AS number
    FROM generate_series(0, %(count)s - 1) AS n
"""
_INDEX = f"""
    INSERT INTO search_documents (video_id, words, named, names_kept)
    SELECT id, words || array_to_tsvector(ARRAY[{_SHELVES}, '/s:' || subject, '/d:' || difficulty]), true, true
    FROM numbers JOIN lessons USING (number) ORDER BY n
"""


_INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE tablename IN ('videos', 'search_documents') AND indexname NOT LIKE '%_pkey'
"""


def fill(database_url: str, count: int) -> None:
    """Puts `count` PUBLIC videos into an empty database of content. The URL must be a superuser's.

    The indexes are made anew at the end, which is many times as fast as keeping them all the while.
    """
    lessons = list(_lessons())
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_BASE)
        connection.cursor().executemany(_ADD, lessons)
        connection.cursor().executemany(_WORDS, [(lesson["transcript"],) for lesson in lessons])
        connection.execute(_NUMBER, {"count": count, "lessons": len(lessons)})
        indexes = connection.execute(_INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        connection.execute("SET session_replication_role = replica")  # foreign keys hold by construction
        connection.execute(_FILL, {"count": count})
        connection.execute(_INDEX)
        connection.execute("SELECT setval('published_videos', %s)", (count,))
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute("DROP TABLE lessons, numbers")
        connection.execute("VACUUM (ANALYZE) videos, search_documents, search_words")


def _lessons() -> Iterator[dict[str, Any]]:
    """Every topic of the pack at every level, spoken by the curated lines."""
    pack = load_curriculum()
    for slug, topic in pack.topics.items():
        for difficulty, plan in topic.levels.items():
            lines = {kind: curated(pack, slug, kind, 0) for kind in lines_needed(plan)}
            said = [text for scene in scenes(topic, difficulty, lines, 0) for text in spoken_in(scene.body)]
            yield {
                "title": topic.title,
                "subject": topic.subject.value,
                "difficulty": difficulty.value,
                "topic": topic.aliases[0],
                "aliases": " ".join(topic.aliases),
                "summary": plan.summary,
                "key_points": (points := [point.text for point in plan.key_points]),
                "points": " ".join(points),
                "cues": json.dumps(_cues(said)),
                "tags": list(topic.tags),
                "transcript": " ".join(said),
            }


def _cues(said: list[str]) -> list[dict[str, Any]]:
    starts = [0.0]
    for text in said:
        starts.append(round(starts[-1] + _SECONDS_A_WORD * len(text.split()), 2))
    return [{"start": start, "text": text} for start, text in zip(starts, said, strict=False)]
