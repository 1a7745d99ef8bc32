"""Whose lesson is next: single ones before batches, accounts in turns, and nobody waits for ever."""

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from content_service.domain import PATIENCE, Status, Wish
from content_service.lesson.script import Difficulty, Subject
from content_service.storage import PostgresUnitOfWork
from content_service.storage.queue_statements import CLAIM
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1 import content_service_pb2 as pb
from servicekit.caller import Caller
from servicekit.clock import utc_now
from servicekit.ids import new_id

_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)


_COLUMNS = """
    SELECT string_agg(column_name, ', ') FROM information_schema.columns
    WHERE table_name = %s AND is_generated = 'NEVER' AND column_name <> ALL(%s)
"""


class School:
    """A queue whose clock moves a second with everything that happens, or as told."""

    def __init__(self, database: Any) -> None:
        self._units = PostgresUnitOfWork(database, Caller.service("content"))
        self._names: dict[str, str] = {}
        self.now = utc_now()

    async def ask(self, owner: str, count: int = 1, *, batch: bool | None = None) -> list[str]:
        """`count` lessons of one account, asked for together; the ids of their videos."""
        self.now += _SECOND
        ids = [new_id() for _ in range(count)]
        account = self._names.setdefault(owner, new_id())
        async with self._units() as work:
            for video_id in ids:
                wish = Wish("Adding up", Subject.MATH, Difficulty.INTRO)
                video = await work.add_video(video_id, account, wish, self.now, self.now)
                assert video
                await work.add_job(video, 1, batch=count > 1 if batch is None else batch)
        return ids

    async def claim(self, worker: str = "w") -> tuple[str, str]:
        """Whose lesson a free worker takes up, and which."""
        self.now += _SECOND
        async with self._units() as work:
            job = await work.claim(worker, self.now, self.now + _HOUR)
        assert job
        return next(name for name, account in self._names.items() if account == job.owner), job.video_id

    async def make(self, count: int = 1) -> str:
        """One worker makes so many lessons, one after the other. Returns the names of their owners, a letter each."""
        made = ""
        for _ in range(count):
            owner, video_id = await self.claim()
            made += owner
            async with self._units() as work:
                await work.fail(video_id, "w", Status.FAILED, "", self.now)
        return made

    async def foretell(self) -> None:
        """As a worker does now and then."""
        async with self._units() as work:
            await work.foretell(self.now, self.now)


@pytest.fixture
def school(database) -> School:
    return School(database)


async def test_a_single_lesson_is_made_before_what_another_account_asked_for_together_before(school) -> None:
    await school.ask("A", 5)
    assert await school.make(2) == "AA"
    await school.ask("B")
    assert await school.make(4) == "BAAA"


async def test_a_single_lesson_of_the_one_who_has_a_batch_is_made_before_the_batch(school) -> None:
    await school.ask("A", 3)
    (single,) = await school.ask("A")
    assert (await school.claim())[1] == single


async def test_two_accounts_with_batches_take_turns_also_when_one_comes_later(school) -> None:
    await school.ask("A", 5)
    assert await school.make() == "A"
    await school.ask("B", 3)
    assert await school.make(7) == "BABABAA"


async def test_single_lessons_of_accounts_take_turns_and_who_had_none_yet_goes_first(school) -> None:
    for owner in "AAABBC":
        await school.ask(owner)
    assert await school.make(2) == "AB"
    await school.ask("D")
    assert await school.make(5) == "CDABA"


async def test_several_workers_share_their_places_among_the_accounts(school) -> None:
    await school.ask("A", 4)
    await school.ask("B", 4)
    assert [(await school.claim(f"w{place}"))[0] for place in range(6)] == [*"ABABAB"]


async def test_a_lesson_whose_worker_died_goes_on_before_all_others(school) -> None:
    (begun,) = await school.ask("A")
    assert (await school.claim("dies"))[1] == begun
    await school.ask("B")
    school.now += 2 * _HOUR
    assert (await school.claim("next"))[1] == begun


async def test_a_batch_is_made_at_last_however_many_single_lessons_keep_coming(school) -> None:
    await school.ask("Z", 3)
    made = ""
    for owner in "ABCDEFGHIJKLMN":  # more come than can be made
        await school.ask(owner)
        await school.ask(owner)
        school.now += PATIENCE / 6
        made += await school.make()
    assert made.count("Z") >= 2
    assert made.index("Z") <= 6


async def test_one_account_with_many_single_lessons_is_served_again_however_many_others_come(school) -> None:
    await school.ask("Z")
    await school.ask("Z")
    made = await school.make()
    for owner in "ABCDEFGHIJ":
        await school.ask(owner)
        await school.ask(owner.lower())
        school.now += PATIENCE / 6
        made += await school.make()
    assert made.count("Z") == 2


async def test_many_workers_at_once_take_as_many_of_each_account_and_none_twice(school, database) -> None:
    asked = {owner: await school.ask(owner, 20) for owner in "ABC"}
    units = PostgresUnitOfWork(database, Caller.service("content"))

    async def claim(worker: int) -> str:
        async with units() as work:
            job = await work.claim(f"w{worker}", school.now + _SECOND, school.now + _HOUR)
        assert job
        return job.video_id

    claimed = await asyncio.gather(*(claim(worker) for worker in range(12)))
    assert len(set(claimed)) == 12
    shares = [len(set(claimed) & set(ids)) for ids in asked.values()]
    assert max(shares) - min(shares) <= 4


def _wishes(count: int) -> pb.BatchCreateVideosRequest:
    return pb.BatchCreateVideosRequest(
        requests=[pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)] * count
    )


async def test_the_times_people_are_told_follow_the_order_also_when_somebody_comes_between(content, loopback) -> None:
    ann, ben = loopback.as_user(new_id()), loopback.as_user(new_id())
    batch = (await content.videos.BatchCreateVideos(_wishes(3), metadata=ann)).videos
    single = (await content.videos.BatchCreateVideos(_wishes(1), metadata=ben)).videos[0]
    assert _seconds(single) == 15
    assert [_seconds(video) for video in batch] == [15, 30, 45]
    await content.generation("w").housekeep()
    told = [await _get(content, single, ben), *[await _get(content, video, ann) for video in batch]]
    ready = [video.estimated_completion_time.ToDatetime() for video in told]
    # The time of the single one may be as it was told at first, that of the others is as of now.
    first, *others = [(after - before).total_seconds() for before, after in pairwise(ready)]
    assert (first >= 15, others) == (True, [15, 15])


async def _get(content: Any, video: pb.Video, metadata: Any) -> pb.Video:
    return await content.videos.GetVideo(pb.GetVideoRequest(video_id=video.id), metadata=metadata)


def _seconds(video: pb.Video) -> float:
    """From when it was asked for until it should be ready."""
    return (video.estimated_completion_time.ToDatetime() - video.create_time.ToDatetime()).total_seconds()


async def test_what_is_told_is_the_order_in_which_lessons_are_made(school, urls) -> None:
    for owner in "ABAC":
        await school.ask(owner)
    await school.ask("A", 3)
    await school.ask("D", 2)
    assert await school.make(2) == "AB"
    await school.foretell()
    told = _told(urls)
    made = [(await school.claim(f"w{place}"))[1] for place in range(len(told))]
    assert made == sorted(told, key=told.__getitem__)
    assert len(set(told.values())) == 7


async def test_a_lesson_is_found_by_indexes_however_many_were_made(school, urls) -> None:
    await school.ask("A", 5)
    with psycopg.connect(urls.owner, options="-c lm.role=SERVICE") as connection:
        _make_many(connection)
        connection.execute("ANALYZE generation_jobs, videos")
        given = {"new_worker": "w", "now": school.now, "until": school.now + _HOUR}
        plan = connection.execute(f"EXPLAIN {CLAIM.sql}", CLAIM.bind(given)).fetchall()
    assert not [line for (line,) in plan if "Seq Scan on generation_jobs" in line or "Seq Scan on videos" in line]


def _told(urls: Any) -> dict[str, datetime]:
    """When those that wait should be ready."""
    with psycopg.connect(urls.app, options="-c lm.role=SERVICE") as connection:
        waiting = connection.execute("SELECT id, estimated_completion_time FROM videos WHERE status = 'PENDING'")
        return {str(video): ready for video, ready in waiting}


def _make_many(connection: psycopg.Connection[Any]) -> None:
    """Five thousand lessons that were made long ago."""
    made = {"finish_time": "now() - interval '1 day'", "start_time": "now() - interval '1 day'"}
    videos, jobs = [
        connection.execute(_COLUMNS, (table, [*special])).fetchone()[0]
        for table, special in (("videos", ["id"]), ("generation_jobs", ["video_id", *made]))
    ]
    connection.execute(
        f"INSERT INTO videos (id, {videos}) SELECT gen_random_uuid(), {videos} FROM videos, generate_series(1, 1000)"
    )
    connection.execute(
        f"INSERT INTO generation_jobs (video_id, {jobs}, {', '.join(made)}) "
        f"SELECT videos.id, {jobs.replace('create_time', 'videos.create_time')}, {', '.join(made.values())} "
        "FROM videos CROSS JOIN (SELECT * FROM generation_jobs LIMIT 1) AS one "
        "WHERE videos.id NOT IN (SELECT video_id FROM generation_jobs)"
    )
