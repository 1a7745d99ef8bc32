"""Lessons that were published before search asked for other names of topics get them, each once."""

import asyncio
import signal
import sys
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from postgres_locks import HERE

from content_service.use_cases.naming import Naming
from inference_service.curriculum.pack import load_curriculum
from littlemonster.common.v1.study_pb2 import SUBJECT_HISTORY
from littlemonster.content.v1 import content_service_pb2 as pb
from littlemonster.inference.v1.script_pb2 import Script
from local_mesh.readiness import wait_until
from servicekit import migrate
from servicekit.errors import DeadlineExceeded, Unavailable
from servicekit.ids import new_id

_TOPIC = "Sarajevo 1914"
_COUNTED = """
    CREATE TABLE written (video_id uuid);
    GRANT INSERT ON written TO public;
    CREATE FUNCTION note_written() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO written VALUES (NEW.video_id);
        RETURN NEW;
    END $$;
    CREATE TRIGGER note_written AFTER UPDATE ON search_documents FOR EACH ROW EXECUTE FUNCTION note_written();
"""

_FORGOTTEN = "ts_delete(words, ARRAY['its', 'and', 'it', 's'])"
_IN_LINE = f"SELECT FROM pg_locks WHERE {HERE} AND locktype = 'tuple' AND relation = 'search_documents'::regclass"


@pytest.fixture
def publish(content, loopback) -> Callable[[], Any]:
    """Publishes one more lesson, on the First World War unless told otherwise; returns its id."""
    content.inference.script = Script.FromString(content.inference.script.SerializeToString())
    content.inference.script.title = "How it began"

    async def published(topic: str = _TOPIC) -> str:
        request = pb.CreateVideoRequest(topic=topic, subject=SUBJECT_HISTORY)
        video = await content.videos.CreateVideo(request, metadata=loopback.as_user(new_id()))
        await content.generation("w").next()
        return video.id

    return published


@pytest.fixture
async def earlier(publish, urls, content) -> list[str]:
    """Three lessons of the schema before, in the order in which they are named; since then the curriculum has names."""
    ids = [await publish() for _ in range(3)]
    migrate.downgrade("content", urls.owner, "0008")
    migrate.upgrade("content", urls.owner)
    content.inference.aliases[_TOPIC] = load_curriculum().topics["first-world-war"].aliases
    return sorted(ids)


async def _found(content, loopback, query: str) -> set[str]:
    request = pb.SearchVideosRequest(query=query)
    found = await content.videos.SearchVideos(request, metadata=loopback.as_user(new_id()))
    return {video.id for video in found.videos}


def _words(urls) -> list[tuple[Any, ...]]:
    with psycopg.connect(urls.owner) as connection:
        return connection.execute("SELECT DISTINCT words::text FROM search_documents").fetchall()


async def test_earlier_lessons_become_what_one_published_today_is(content, loopback, publish, urls, earlier) -> None:
    assert not await _found(content, loopback, "world war i")
    content.inference.asked.clear()
    assert await Naming(content.tools.unit_of_work, content.tools.judge).name() == 3
    assert content.inference.asked == {"ValidateTopic": 1}  # three lessons on one topic
    today = await publish()
    assert await _found(content, loopback, "world war i") == {*earlier, today}
    assert len(_words(urls)) == 1


async def test_lessons_of_which_names_were_not_kept_word_for_word_are_named_anew(
    content, loopback, publish, urls
) -> None:
    content.inference.aliases[_TOPIC] = ("its and it's",)
    video = await publish()
    migrate.downgrade("content", urls.owner, "0009")
    with psycopg.connect(urls.owner) as connection:
        connection.execute(f"UPDATE search_documents SET words = {_FORGOTTEN}")
    migrate.upgrade("content", urls.owner)
    assert not await _found(content, loopback, "its and it's")
    assert await Naming(content.tools.unit_of_work, content.tools.judge).name() == 1
    assert await _found(content, loopback, "its and it's") == {video}


async def test_what_a_worker_of_the_release_before_names_meanwhile_is_named_anew_and_then_left_alone_by_it(
    content, loopback, publish, urls
) -> None:
    content.inference.aliases[_TOPIC] = ("its and it's",)
    video = await publish()
    migrate.downgrade("content", urls.owner, "0009")
    with psycopg.connect(urls.owner) as connection:
        connection.execute("UPDATE search_documents SET named = false")
    migrate.upgrade("content", urls.owner)
    by_old_worker = f"UPDATE search_documents SET words = {_FORGOTTEN}, named = true WHERE NOT named"
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        assert connection.execute(by_old_worker).rowcount == 1
        assert not await _found(content, loopback, "its and it's")
        assert await Naming(content.tools.unit_of_work, content.tools.judge).name() == 1
        assert connection.execute(by_old_worker).rowcount == 0
    assert await _found(content, loopback, "its and it's") == {video}


async def test_a_lesson_that_is_named_is_not_looked_at_again(content, earlier) -> None:
    await Naming(content.tools.unit_of_work, content.tools.judge).name()
    content.inference.asked.clear()
    assert await Naming(content.tools.unit_of_work, content.tools.judge).name() == 0
    assert not content.inference.asked


async def test_a_topic_that_left_the_curriculum_keeps_nobody_from_what_comes_after(content, loopback, earlier) -> None:
    content.inference.unknown.add(_TOPIC)
    assert await Naming(content.tools.unit_of_work, content.tools.judge).name() == 3
    assert await Naming(content.tools.unit_of_work, content.tools.judge).name() == 0
    assert await _found(content, loopback, "1914") == set(earlier)


async def test_what_an_inference_of_the_release_before_does_not_tell_is_asked_for_again(content, earlier) -> None:
    told = content.inference.aliases.pop(_TOPIC)
    assert await Naming(content.tools.unit_of_work, content.tools.judge).name() == 0
    content.inference.aliases[_TOPIC] = told
    assert await Naming(content.tools.unit_of_work, content.tools.judge).name() == 3


async def test_while_nobody_can_judge_lessons_wait(content, earlier) -> None:
    class Away:
        async def validate(self, topic: str, subject: str) -> bytes:
            raise Unavailable

    with pytest.raises(Unavailable):
        await Naming(content.tools.unit_of_work, Away()).name()
    assert await Naming(content.tools.unit_of_work, content.tools.judge).name() == 3


@pytest.fixture
def forget(urls) -> Callable[[], None]:
    """Search knows every lesson without its names, as one of an earlier release."""

    def forgotten() -> None:
        with psycopg.connect(urls.owner) as connection:
            connection.execute("UPDATE search_documents SET names_kept = false")

    return forgotten


async def test_lessons_that_get_no_names_keep_none_from_what_comes_after_and_are_asked_for_again(
    content, publish, forget
) -> None:
    for topic in ("Nameless", "Other", "Last"):
        await publish(topic)
    forget()
    content.inference.aliases.update(Other=("another",), Last=("the end",))
    naming = Naming(content.tools.unit_of_work, content.tools.judge, most=1)
    assert [await naming.name() for _ in range(4)] == [0, 1, 1, 0]
    content.inference.aliases["Nameless"] = ("somebody",)
    assert await naming.name() == 1


async def test_a_topic_that_cannot_be_judged_keeps_no_other_from_its_names(content, publish, forget) -> None:
    class Slow:
        async def validate(self, topic: str, subject: str) -> bytes:
            if topic == "Nameless":
                raise DeadlineExceeded
            return await content.tools.judge.validate(topic, subject)

    for topic in ("Nameless", "Other"):
        await publish(topic)
    forget()
    content.inference.aliases.update(Nameless=("somebody",), Other=("another",))
    assert await Naming(content.tools.unit_of_work, Slow()).name() == 1
    assert await Naming(content.tools.unit_of_work, content.tools.judge).name() == 1


async def test_workers_that_name_at_once_do_so_once_each(content, urls, earlier) -> None:
    with psycopg.connect(urls.owner) as connection:
        connection.execute(_COUNTED)
    await asyncio.gather(*(Naming(content.tools.unit_of_work, content.tools.judge).name() for _ in range(4)))
    with psycopg.connect(urls.owner) as connection:
        written = connection.execute("SELECT video_id::text FROM written ORDER BY 1").fetchall()
    assert written == [(video,) for video in earlier]


async def test_a_worker_killed_between_two_lessons_is_followed_by_one_that_names_what_is_left(
    content, loopback, urls, worker_environment, earlier
) -> None:
    with psycopg.connect(urls.owner, autocommit=True) as owner, psycopg.connect(urls.owner) as holder:
        owner.execute(_COUNTED)
        holder.execute("SELECT FROM search_documents WHERE video_id = %s FOR UPDATE", (earlier[1],))

        async def blocked() -> bool:
            return owner.execute(_IN_LINE).fetchone() is not None

        async def named() -> bool:
            return owner.execute("SELECT FROM search_documents WHERE NOT names_kept").fetchone() is None

        command = (sys.executable, "-m", "content_service.worker")
        for reached in (blocked, named):
            worker = await asyncio.create_subprocess_exec(
                *command, env=worker_environment, stdout=asyncio.subprocess.DEVNULL
            )
            try:
                assert await wait_until(reached, 60)
            finally:
                worker.send_signal(signal.SIGKILL)
                await worker.wait()
            holder.rollback()
        written = owner.execute("SELECT video_id::text FROM written ORDER BY 1").fetchall()
    assert written == [(video,) for video in earlier]
    assert await _found(content, loopback, "the great war") == set(earlier)
