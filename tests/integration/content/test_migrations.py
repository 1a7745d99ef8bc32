"""Lessons that were there before search had tables of its own are found as before."""

import psycopg
import pytest

from content_service.domain import Attempt, SearchQuery
from content_service.storage import PostgresSearch
from servicekit import migrate
from servicekit.ids import new_id

_LESSON = """
    INSERT INTO videos (id, title, subject, difficulty, topic, created_by, status, status_message, summary, key_points,
        timestamps, chapters, cues, search, duration, rating_sum, rating_count, rating_version, view_count, comment_count,
        comment_version, tags, create_time, update_time, provenance, version)
    VALUES (%s, %s, 'MATH', 'INTRO', 'circles', %s, %s, '', '', '{}', '{}', '[]', '[{"start": 3, "text": "Draw a circle."}]',
        to_tsvector('english', %s), 60, 0, 0, 0, 0, 0, 0, '{}', now(), now(), '{}', 1)
"""


@pytest.fixture
def earlier(urls) -> list[str]:
    """A public and a withdrawn lesson of the schema before."""
    migrate.downgrade("content", urls.owner, "0002")
    ids = [new_id(), new_id()]
    with psycopg.connect(urls.owner, options="-c lm.role=SERVICE") as connection:
        for video, status in zip(ids, ("PUBLIC", "REJECTED"), strict=True):
            connection.execute(_LESSON, (video, "Circles", new_id(), status, "Circles Draw a circle"))
    migrate.upgrade("content", urls.owner)
    return ids


async def test_earlier_lessons_are_found_also_once_a_withdrawn_one_is_put_back(earlier, urls, database) -> None:
    search = PostgresSearch(database)
    assert await _found(search) == {earlier[0]}
    with psycopg.connect(urls.owner, options="-c lm.role=SERVICE") as connection:
        connection.execute("UPDATE videos SET status = 'PUBLIC'")
    assert await _found(search) == set(earlier)
    assert (await search.alike(["circel"]))["circel"]


async def test_going_back_a_version_keeps_lessons_searchable(earlier, urls) -> None:
    migrate.downgrade("content", urls.owner, "0002")
    with psycopg.connect(urls.owner, options="-c lm.role=SERVICE") as connection:
        words = [row[0] for row in connection.execute("SELECT search::text FROM videos")]
    assert len(words) == 2
    assert all("circl" in text and "/" not in text for text in words)


async def _found(search: PostgresSearch) -> set[str]:
    found = await search.search(SearchQuery("circle"), ["circle"], 20, "", Attempt.AS_TYPED)
    return {video.id for video in found.videos}
