"""The feed: keyset pages in each sort, filters, and nothing that is not public."""

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from content_service.domain import FeedQuery
from content_service.storage import statements
from littlemonster.common.v1.study_pb2 import DIFFICULTY_HONORS, SUBJECT_HISTORY, SUBJECT_MATH
from littlemonster.content.v1.content_service_pb2 import (
    CreateVideoRequest,
    DeleteVideoRequest,
    GetVideoRequest,
    ListVideosRequest,
)
from local_mesh.servers.databases import in_database
from servicekit.ids import new_id
from servicekit.pagination import MAX_PAGE_SIZE, PageTokenInvalid, encode_page_token
from tests.performance.seed import seed


@pytest.fixture
def seeded(urls: Any) -> list[str]:
    """Thirty PUBLIC videos with many equal sort keys, and five that are not PUBLIC."""
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT set_config('lm.role', 'SERVICE', true)")
        for number in range(35):
            connection.execute(
                """
                INSERT INTO videos (id, title, subject, difficulty, topic, created_by, status, status_message, summary,
                  key_points, timestamps, chapters, cues, duration, rating_sum, rating_count, rating_version,
                  view_count, comment_count, comment_version, tags, create_time, update_time, provenance, version)
                VALUES (%s, %s, %s, %s, 't', %s, %s, '', '', '{}', '{}', %s, '[]', 1, %s, %s, 0, %s, 0, 0, '{}',
                  timestamptz '2026-01-01' + %s * interval '1 minute', now(), '{}', 1)
                """,
                (
                    new_id(), f"v{number}", "MATH" if number % 2 else "HISTORY", "HONORS" if number % 3 else "INTRO",
                    new_id(), "PUBLIC" if number < 30 else "PENDING", Jsonb([]), number % 4 * 5, number % 4, number % 5,
                    number // 3,
                ),
            )  # fmt: skip
    return [f"v{number}" for number in range(30)]


_MOST_PAGES = 10  # twice those of all videos


async def _all_pages(content: Any, metadata: Any, token: str = "", **query: Any) -> list[Any]:
    """Those of the query after the page `token`."""
    videos: list[Any] = []
    for _ in range(_MOST_PAGES):
        request = ListVideosRequest(page_size=7, page_token=token, **query)
        page = await content.videos.ListVideos(request, metadata=metadata)
        videos += page.videos
        token = page.next_page_token
        if not token:
            return videos
    raise AssertionError(f"more than {_MOST_PAGES} pages: {[video.title for video in videos]}")


@pytest.mark.parametrize("sort", ["", "recent", "popular", "rating"])
async def test_pages_of_every_sort_hold_each_public_video_once_in_order(content, loopback, seeded, sort) -> None:
    videos = await _all_pages(content, loopback.as_user(new_id()), sort=sort)
    assert sorted(video.title for video in videos) == sorted(seeded)
    keys = [_key(sort, video) for video in videos]
    assert keys == sorted(keys, reverse=True)


@pytest.mark.parametrize("sort", ["recent", "popular", "rating"])
async def test_videos_that_come_between_two_pages_repeat_and_hide_nothing(
    content, loopback, urls, seeded, sort
) -> None:
    me = loopback.as_user(new_id())
    first = await content.videos.ListVideos(ListVideosRequest(page_size=7, sort=sort), metadata=me)
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT set_config('lm.role', 'SERVICE', true)")
        for title in ("new", "newer", "newest"):  # before all others in every sort
            connection.execute(_COPY_TO_THE_TOP, {"id": new_id(), "title": title, "of": first.videos[0].id})
    rest = await _all_pages(content, me, first.next_page_token, sort=sort)
    assert sorted(video.title for video in [*first.videos, *rest]) == sorted(seeded)
    again = await content.videos.ListVideos(ListVideosRequest(page_size=3, sort=sort), metadata=me)
    assert {video.title for video in again.videos} == {"new", "newer", "newest"}


_COPY_TO_THE_TOP = """
    INSERT INTO videos (id, title, subject, difficulty, topic, created_by, status, status_message, summary, key_points,
      timestamps, chapters, cues, duration, rating_sum, rating_count, rating_version, view_count, comment_count,
      comment_version, tags, create_time, update_time, provenance, version)
    SELECT %(id)s, %(title)s, subject, difficulty, topic, created_by, status, status_message, summary, key_points,
      timestamps, chapters, cues, duration, 500, 100, 0, 1000, 0, 0, tags, now(), now(), provenance, 1
    FROM videos WHERE id = %(of)s
"""


def _key(sort: str, video: Any) -> Any:
    if sort == "popular":
        return video.view_count, video.id
    if sort == "rating":
        return (round(video.rating_avg * video.rating_count) + 15) / (video.rating_count + 5), video.id
    return video.create_time.seconds, video.id


async def test_filters_combine(content, loopback, seeded) -> None:
    query = {"subject": SUBJECT_HISTORY, "difficulty": DIFFICULTY_HONORS}
    videos = await _all_pages(content, loopback.as_user(new_id()), **query)
    assert {(video.subject, video.difficulty) for video in videos} == {(SUBJECT_HISTORY, DIFFICULTY_HONORS)}
    assert len(videos) == 10
    one = videos[3]
    for subject, found in ((SUBJECT_HISTORY, [one.id]), (SUBJECT_MATH, [])):
        query = {"subject": subject, "difficulty": DIFFICULTY_HONORS, "created_by": one.created_by, "sort": "rating"}
        assert [video.id for video in await _all_pages(content, loopback.as_user(new_id()), **query)] == found


async def test_a_page_token_of_another_query_is_refused(content, loopback, seeded) -> None:
    me = loopback.as_user(new_id())
    page = await content.videos.ListVideos(ListVideosRequest(page_size=3), metadata=me)
    for request in (
        ListVideosRequest(page_size=3, page_token=page.next_page_token, subject=SUBJECT_MATH),
        ListVideosRequest(page_size=3, page_token=page.next_page_token, sort="popular"),
        ListVideosRequest(page_size=3, page_token="not-a-token"),
    ):
        with pytest.raises(PageTokenInvalid):
            await content.videos.ListVideos(request, metadata=me)


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("recent", "x"), ("recent", "2026-01-01"), ("recent", 5), ("popular", 1e300), ("popular", "1"), ("popular", 2**62),
        ("popular", -1), ("rating", float("1e9")), ("rating", "x"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("last_id", ["01890a5d-ac96-774b-bcce-b302099a8057", "x", 5])
async def test_a_page_token_with_made_up_contents_is_refused(content, loopback, seeded, sort, key, last_id) -> None:
    token = encode_page_token(FeedQuery(sort=sort).fingerprint, key, last_id)
    with pytest.raises(PageTokenInvalid):
        await content.videos.ListVideos(
            ListVideosRequest(sort=sort, page_token=token), metadata=loopback.as_user(new_id())
        )


@pytest.mark.parametrize("sort", ["recent", "popular", "rating"])
@pytest.mark.parametrize("given", [{}, {"subject": "MATH", "difficulty": "INTRO"}])
def test_the_plan_of_a_page_is_kept_instead_of_made_for_every_question(urls, backing, sort, given) -> None:
    seed(in_database(backing.postgres_url, urls.app.rpartition("/")[2]), 2000)
    page = statements.feed(sort, frozenset(given), False, 21)
    with psycopg.connect(urls.app) as connection:
        for _ in range(8):
            assert len(connection.execute(page.sql, page.bind(given), prepare=True).fetchall()) == 21
        kept = connection.execute("SELECT generic_plans FROM pg_prepared_statements").fetchall()
    assert kept[0][0] >= 3  # with a parameter it is first compared with five plans, each for the question at hand


async def test_pages_of_every_size_are_whole_and_share_three_statements(seeded, reads) -> None:
    statements.feed.cache_clear()
    for size in range(1, MAX_PAGE_SIZE + 1):
        page = await reads.feed(FeedQuery(), size, "")
        assert (len(page.videos), bool(page.next_page_token)) == (min(size, len(seeded)), size < len(seeded))
    assert statements.feed.cache_info().currsize == 3


async def test_a_creator_also_sees_what_is_not_public_yet_and_others_do_not(content, loopback, seeded) -> None:
    me = new_id()
    video = await content.videos.CreateVideo(
        CreateVideoRequest(topic="Fractions", subject=SUBJECT_MATH), metadata=loopback.as_user(me)
    )
    request = ListVideosRequest(created_by=me)
    mine = await content.videos.ListVideos(request, metadata=loopback.as_user(me))
    theirs = await content.videos.ListVideos(request, metadata=loopback.as_user(new_id()))
    assert [item.id for item in mine.videos] == [video.id]
    assert not theirs.videos
    await content.videos.DeleteVideo(DeleteVideoRequest(video_id=video.id), metadata=loopback.as_user(me))
    assert not (await content.videos.ListVideos(request, metadata=loopback.as_user(me))).videos


async def test_an_upper_case_id_finds_its_video(content, loopback, seeded) -> None:
    me = loopback.as_user(new_id())
    first = (await content.videos.ListVideos(ListVideosRequest(page_size=1), metadata=me)).videos[0]
    assert await content.videos.GetVideo(GetVideoRequest(video_id=first.id.upper()), metadata=me) == first
