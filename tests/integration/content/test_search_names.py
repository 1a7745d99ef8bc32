"""Search by names: word for word, also words that say nothing by themselves, and never by a letter or digit alone."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from content_service.domain import SearchQuery
from content_service.lesson.script import Difficulty
from inference_service.curriculum.pack import load_curriculum
from littlemonster.common.v1.study_pb2 import SUBJECT_ENGLISH
from littlemonster.content.v1 import content_service_pb2 as pb
from littlemonster.inference.v1.script_pb2 import Script
from servicekit.ids import new_id
from servicekit.pagination import PageTokenInvalid, encode_page_token

Publish = Callable[..., Awaitable[str]]
Find = Callable[..., Awaitable[pb.SearchVideosResponse]]


@pytest.fixture
def publish(content: Any, loopback: Any) -> Publish:
    """Publishes a lesson of that title, with what its topic is called besides; returns its id."""

    async def published(title: str, *aliases: str, summary: str = "") -> str:
        content.inference.aliases[title] = aliases
        content.inference.script = Script.FromString(content.inference.script.SerializeToString())
        content.inference.script.title, content.inference.script.summary = title, summary
        request = pb.CreateVideoRequest(topic=title, subject=SUBJECT_ENGLISH)
        video = await content.videos.CreateVideo(request, metadata=loopback.as_user(new_id()))
        assert await content.generation("w").next()
        return str(video.id)

    return published


@pytest.fixture
def find(content: Any, loopback: Any) -> Find:
    async def find(query: str, **fields: Any) -> pb.SearchVideosResponse:
        request = pb.SearchVideosRequest(query=query, **fields)
        found: pb.SearchVideosResponse = await content.videos.SearchVideos(request, metadata=loopback.as_user(new_id()))
        return found

    return find


def _ids(found: pb.SearchVideosResponse) -> list[str]:
    return [video.id for video in found.videos]


async def test_a_name_of_words_that_say_nothing_finds_its_lesson(publish: Publish, find: Find) -> None:
    topic = load_curriculum().topics["apostrophes"]
    apostrophes = await publish(topic.title, *topic.aliases)
    await publish("It and its friends")
    for query in ("its and it's", "its or it's", "It's or its"):
        assert _ids(await find(query))[:1] == [apostrophes], query
    assert _ids(await find("its and ours")) == []


@pytest.mark.parametrize("first", ["Vitamin A", "Vitamin C"])
async def test_a_letter_that_is_also_a_word_tells_names_apart(publish: Publish, find: Find, first: str) -> None:
    ids = {title: await publish(title) for title in sorted(("Vitamin A", "Vitamin C"), key=first.__ne__)}
    for query, title in (("vitamin a", "Vitamin A"), ("Vitamin A deficiency", "Vitamin A"), ("vitamin c", "Vitamin C")):
        assert _ids(await find(query))[:1] == [ids[title]], query
    assert set(_ids(await find("what is a vitamin"))) == {*ids.values()}


@pytest.mark.parametrize("query", ["a^2 + 7^2 = z^2", "x-7", "unheard 7"])
async def test_a_letter_or_a_digit_alone_finds_nothing(publish: Publish, find: Find, query: str) -> None:
    await publish("Number 7")
    assert _ids(await find(query)) == []


async def test_a_formula_is_found_as_it_is_written_and_as_it_is_typed(publish: Publish, find: Find) -> None:
    ids = {}
    for slug in ("pythagorean-theorem", "linear-functions"):
        topic = load_curriculum().topics[slug]
        ids[slug] = await publish(topic.title, summary=topic.levels[Difficulty.STANDARD].summary)
    for query in ("a² + b² = c²", "a^2 + b^2 = c^2", "a2+b2=c2"):
        assert _ids(await find(query)) == [ids["pythagorean-theorem"]], query
    assert _ids(await find("y=mx+b")) == [ids["linear-functions"]]


@pytest.mark.parametrize("query", ["zeppel", "zepelin"])
async def test_a_word_of_the_summary_is_found_half_typed_and_mistyped(publish: Publish, find: Find, query: str) -> None:
    video = await publish("Airships", summary="A zeppelin is lighter than air.")
    assert _ids(await find(query)) == [video]


async def test_beside_a_word_that_is_found_a_digit_counts(publish: Publish, find: Find) -> None:
    other, seven = await publish("Number 8"), await publish("Number 7")
    newest = await publish("Number 9")
    assert _ids(await find("number 7 unheard")) == [seven, newest, other]


@pytest.mark.parametrize("query", ["yellow unheard", "yelow unheard"])
async def test_a_lesson_that_comes_between_two_pages_and_fits_better_hides_none_of_the_rest(
    publish: Publish, find: Find, query: str
) -> None:
    ids = [await publish("Yellow"), await publish("Yellow")]
    first = await find(query, page_size=1)
    await publish("Yellow unheard of")
    rest = await find(query, page_size=9, page_token=first.next_page_token)
    assert sorted(_ids(first) + _ids(rest)) == sorted(ids)
    assert first.corrected_query == rest.corrected_query


@pytest.mark.parametrize(
    "made_up", [(1, "x", 0), (1, new_id(), 3), (1, new_id(), -1), (-1, new_id(), 0), (1, new_id())]
)
async def test_a_page_token_with_made_up_contents_is_refused(find: Find, made_up: tuple[Any, ...]) -> None:
    token = encode_page_token(SearchQuery("adding").fingerprint, *made_up)
    with pytest.raises(PageTokenInvalid):
        await find("adding", page_token=token)
