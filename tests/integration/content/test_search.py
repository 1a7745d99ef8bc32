"""Search: what is found, where in the lesson it is spoken, in which order."""

import psycopg
import pytest

from content_service.storage import PostgresSearch
from inference_service.curriculum.pack import load_curriculum
from littlemonster.common.v1.study_pb2 import SUBJECT_HISTORY, SUBJECT_MATH
from littlemonster.content.v1 import content_service_pb2 as pb
from littlemonster.inference.v1.script_pb2 import Script
from local_mesh.servers.databases import in_database
from servicekit.ids import new_id
from servicekit.pagination import PageTokenInvalid


@pytest.fixture
async def lessons(content, loopback) -> list[str]:
    """One about adding, one about circles that mentions adding, and one that is not made yet."""
    me = loopback.as_user(new_id())
    ids = []
    for topic in ("Adding up", "Circles", "Adding later"):
        request = pb.CreateVideoRequest(topic=topic, subject=SUBJECT_MATH)
        ids.append((await content.videos.CreateVideo(request, metadata=me)).id)
    await content.generation("w").next()
    content.inference.script = _about_circles(content.inference.script)
    await content.generation("w").next()
    return ids


def _about_circles(script: Script) -> Script:
    circles = Script.FromString(script.SerializeToString())
    circles.title, circles.key_points[:] = "Circles", ["A circle is <round>"]
    circles.scenes[0].title.say = "Before adding anything, draw a circle."
    return circles


async def _search(content, loopback, query: str, **fields) -> pb.SearchVideosResponse:
    request = pb.SearchVideosRequest(query=query, **fields)
    return await content.videos.SearchVideos(request, metadata=loopback.as_user(new_id()))


async def test_the_title_counts_more_than_the_transcript_and_only_public_videos_are_found(
    content, loopback, lessons
) -> None:
    found = await _search(content, loopback, "adding")
    assert [video.id for video in found.videos] == lessons[:2]
    assert [match.video_id for match in found.matches] == lessons[:2]


async def test_a_match_tells_the_passage_and_the_second_it_is_spoken_at(content, loopback, lessons) -> None:
    match = (await _search(content, loopback, "draw circle")).matches[0]
    assert "<b>draw</b> a <b>circle</b>" in match.snippet
    assert 0 < match.spoken_at < 5


async def test_a_half_typed_last_word_finds_what_it_may_become(content, loopback, lessons) -> None:
    assert [video.id for video in (await _search(content, loopback, "circ")).videos] == [lessons[1]]


async def test_pages_follow_each_other_and_a_token_of_another_query_is_refused(content, loopback, lessons) -> None:
    first = await _search(content, loopback, "adding", page_size=1)
    second = await _search(content, loopback, "adding", page_size=1, page_token=first.next_page_token)
    assert [first.videos[0].id, second.videos[0].id] == lessons[:2]
    assert not second.next_page_token
    with pytest.raises(PageTokenInvalid):
        await _search(content, loopback, "circle", page_token=first.next_page_token)


async def test_a_filter_narrows_the_search(content, loopback, lessons) -> None:
    assert not (await _search(content, loopback, "adding", subject=SUBJECT_HISTORY)).videos


@pytest.mark.parametrize(
    ("typed", "meant"), [("cirlces", "circles"), ("anyhting", "anything"), ("addin circel", "adding circle")]
)
async def test_a_mistyped_word_gives_way_to_the_one_it_resembles(content, loopback, lessons, typed, meant) -> None:
    found = await _search(content, loopback, typed)
    assert (found.corrected_query, lessons[1] in [video.id for video in found.videos]) == (meant, True)


@pytest.mark.parametrize("query", ["zzzzzz", "cat", "zzzzzz unheard", "how is that"])
async def test_what_resembles_nothing_is_not_bent_until_it_finds_something(content, loopback, lessons, query) -> None:
    found = await _search(content, loopback, query)
    assert (found.corrected_query, list(found.videos)) == ("", [])


@pytest.mark.parametrize(
    ("asked", "corrected"),
    [("how do I draw a decagon", ""), ("circles unheard", ""), ("cirlces unheard", "circles unheard")],
)
async def test_where_nothing_holds_every_word_what_holds_some_is_found_page_by_page(
    content, loopback, lessons, asked, corrected
) -> None:
    found = await _search(content, loopback, asked, page_size=1)
    assert ([video.id for video in found.videos], found.corrected_query) == ([lessons[1]], corrected)
    if found.next_page_token:
        later = await _search(content, loopback, asked, page_size=9, page_token=found.next_page_token)
        assert lessons[1] not in [video.id for video in later.videos]


async def test_what_holds_every_word_comes_alone(content, loopback, lessons) -> None:
    assert [video.id for video in (await _search(content, loopback, "adding circle")).videos] == [lessons[1]]


async def test_a_known_word_is_known_and_the_next_one_mended_among_thousands_that_look_like_the_first(
    database, urls
) -> None:
    with psycopg.connect(urls.app) as connection:
        connection.execute(
            "INSERT INTO search_words SELECT 'a' || translate(lpad(number::text, 4, '0'), '0123456789', 'bcdefghijk') "
            "FROM generate_series(1, 2500) AS number UNION ALL SELECT unnest(ARRAY['azure', 'circles'])"
        )
    alike = await PostgresSearch(database).alike(["azure", "cirlces"])
    assert alike == {"cirlces": ["circles"]}


async def test_a_video_withdrawn_by_a_moderator_is_not_found(content, loopback, lessons) -> None:
    request = pb.SetVideoStatusRequest(video_id=lessons[0], status=pb.VIDEO_STATUS_REJECTED, reason="Wrong.")
    await content.videos.SetVideoStatus(request, metadata=loopback.as_user(new_id(), "MODERATOR"))
    assert [video.id for video in (await _search(content, loopback, "adding")).videos] == lessons[1:2]


async def test_a_lesson_is_found_however_many_were_published_since(content, loopback, urls, backing) -> None:
    me, ids = loopback.as_user(new_id()), []
    with psycopg.connect(in_database(backing.postgres_url, urls.app.rpartition("/")[2]), autocommit=True) as superuser:
        for published in (0, 700_000, 40_000_000):
            superuser.execute("SELECT setval('published_videos', %s)", (published,))
            request = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
            ids.append((await content.videos.CreateVideo(request, metadata=me)).id)
            await content.generation("w").next()
    assert {video.id for video in (await _search(content, loopback, "adding")).videos} == set(ids)


@pytest.fixture
async def wars(content, loopback) -> dict[str, str]:
    """The ids of one lesson on each world war, the first made last, with the curriculum's names for them."""
    topics = load_curriculum().topics
    ids = {}
    for slug in ("first-world-war", "second-world-war"):
        content.inference.aliases[slug] = topics[slug].aliases
        content.inference.script = Script.FromString(content.inference.script.SerializeToString())
        content.inference.script.title = topics[slug].title
        ids[slug] = await _published(content, loopback, slug)
    return ids


async def _published(content, loopback, topic: str) -> str:
    request = pb.CreateVideoRequest(topic=topic, subject=SUBJECT_HISTORY)
    video = await content.videos.CreateVideo(request, metadata=loopback.as_user(new_id()))
    await content.generation("w").next()
    return video.id


async def test_words_of_a_lesson_wait_for_no_vacuum_in_a_list_that_every_search_reads(lessons, urls) -> None:
    with psycopg.connect(urls.owner) as connection:
        waiting = connection.execute("SELECT gin_clean_pending_list('search_documents_words_idx')").fetchone()
    assert waiting == (0,)


async def test_a_lesson_is_found_by_the_names_that_students_give_its_topic(content, loopback, wars) -> None:
    first, second = wars.values()
    for query in ("world war 2", "ww2", "World War II", "WWII", "second world war", "stalin"):
        assert [video.id for video in (await _search(content, loopback, query)).videos] == [second], query
    for query in (
        "world war 1",
        "world war i",
        "World War I causes",
        "ww1",
        "first world war",
        "the great war",
        "trench",
    ):
        assert [video.id for video in (await _search(content, loopback, query)).videos] == [first], query
    # Both lessons say the word "two" somewhere, and WWI may be half of WWII.
    for query, best in (("world war two", second), ("World War One", first), ("WWI", first)):
        assert (await _search(content, loopback, query)).videos[0].id == best, query


async def test_names_with_numerals_are_found_by_digits_and_the_other_way_round(content, loopback) -> None:
    ids = [await _published(content, loopback, topic) for topic in ("Elizabeth I", "Elizabeth II", "Elizabeth 3")]
    for number, queries in enumerate(
        (
            ("elizabeth i", "ELIZABETH 1"),
            ("elizabeth ii", "elizabeth 2"),
            ("elizabeth iii", "adding i join elizabeth 3"),
        )
    ):
        for query in queries:
            assert [video.id for video in (await _search(content, loopback, query)).videos] == [ids[number]], query
    for query in ("where can i read of elizabeth", "elizabeth i unheard"):
        assert {video.id for video in (await _search(content, loopback, query)).videos} == set(ids), query
    assert (await _search(content, loopback, "elizabeth i unheard")).videos[0].id == ids[0]


async def test_names_of_a_topic_are_known_words_to_which_mistyped_ones_give_way(content, loopback, wars) -> None:
    found = await _search(content, loopback, "hirosima")
    assert (found.corrected_query, [video.id for video in found.videos]) == ("hiroshima", [wars["second-world-war"]])


async def test_of_lessons_with_some_of_the_words_those_with_more_of_them_come_first(content, loopback, wars) -> None:
    first, second = wars.values()
    for query, order in (("world war 1 unheard", [first, second]), ("dice in the second world war", [second, first])):
        assert [video.id for video in (await _search(content, loopback, query)).videos] == order, query


async def test_of_lessons_with_some_of_the_words_those_with_the_rarer_come_first(content, loopback) -> None:
    ids = [await _published(content, loopback, topic) for topic in ("yellow 77", "red green", "red red", "red")]
    for query in ("red 77 unheard", "red yellow unheard", "red red 77 unheard"):
        first = await _search(content, loopback, query, page_size=1)
        rest = await _search(content, loopback, query, page_size=9, page_token=first.next_page_token)
        assert [video.id for video in first.videos] == ids[:1], query
        assert sorted(video.id for video in rest.videos) == sorted(ids[1:]), query


async def test_what_was_judged_before_topics_had_other_names_is_published_and_found(content, loopback, urls) -> None:
    request = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    video = await content.videos.CreateVideo(request, metadata=loopback.as_user(new_id()))
    with psycopg.connect(urls.owner, options="-c lm.role=SERVICE") as connection:
        connection.execute(
            "INSERT INTO generation_stages (video_id, owner, stage, artifact, seconds, create_time) "
            "SELECT video_id, owner, 'validate', %s, 1, now() FROM generation_jobs",
            (b'{"title": "Adding"}',),
        )
    await content.generation("w").next()
    assert content.inference.asked["ValidateTopic"] == 1  # by CreateVideo alone
    assert [found.id for found in (await _search(content, loopback, "adding")).videos] == [video.id]


@pytest.mark.parametrize("query", ["!!!", "& | ! ( ) :*", "'; DROP TABLE videos; --", "\x00", "the", "🧮"])
async def test_a_query_without_words_or_full_of_operators_finds_nothing_and_breaks_nothing(
    content, loopback, query: str
) -> None:
    assert not (await _search(content, loopback, query)).videos
