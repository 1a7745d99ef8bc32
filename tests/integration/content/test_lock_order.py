"""Creators, moderators, workers, counting and erasure over the same lessons at once: nobody waits for another in a circle."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from content_service.domain import Lesson, RatingTotals, Stage, Status, Wish
from content_service.errors import LeaseLost, MoveNotAllowed, VideoNotFound, VideoNotYours
from content_service.lesson.script import Difficulty, Subject
from content_service.storage import PostgresReads, PostgresUnitOfWork
from content_service.storage.personal_data import erase
from content_service.use_cases.managing import Management, count_views
from servicekit.caller import Caller, Role, acting_as
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.ids import new_id

_ROUNDS = 30
_AT_ONCE = 12
_LOST = (LeaseLost, MoveNotAllowed, VideoNotFound, VideoNotYours)  # what becomes of all but one of those who race
Act = Callable[[], Awaitable[object]]


class Race:
    """What everybody may do to the lessons of one owner, each as the service that does it would."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.units = PostgresUnitOfWork(database, Caller.service("content"))
        self._management = Management(PostgresReads(database), PostgresUnitOfWork(database), utc_now)
        self.owner = Caller(new_id(), Role.STUDENT)
        self._moderator = Caller(new_id(), Role.MODERATOR)

    async def lesson(self) -> str:
        """One in the making, once failed and watched by somebody."""
        now, video_id = utc_now(), new_id()
        wish = Wish("Adding up", Subject.MATH, Difficulty.INTRO)
        async with self.units() as work:
            video = await work.add_video(video_id, self.owner.id, wish, now, now)
            assert video
            await work.add_job(video, 1, batch=False)
            await work.add_view(video_id, new_id(), now.replace(minute=0, second=0, microsecond=0))
        async with self.units() as work:
            await work.claim("w", now, now + timedelta(minutes=1))
        return video_id

    def acts(self, video_id: str) -> dict[str, Act]:
        """Everything that may happen to one lesson."""
        rejected, manage = Status.REJECTED, self._management
        return {
            "cancel": self._as(self.owner, lambda: manage.cancel(video_id)),
            "retry": self._as(self.owner, lambda: manage.retry(video_id)),
            "delete": self._as(self.owner, lambda: manage.delete(video_id)),
            "reject": self._as(self._moderator, lambda: manage.decide(video_id, rejected, "No.")),
            "extend": self._work(lambda work: work.extend(video_id, "w", utc_now() + timedelta(minutes=1))),
            "enter": self._work(lambda work: work.save_stage(video_id, "w", Stage.SCRIPT, 3)),
            "record": self._work(lambda work: work.record(video_id, "w", Stage.CHECK, b"{}", 1.0, utc_now())),
            "finish": self._work(lambda work: work.finish(video_id, "w", _lesson(), 1.0, utc_now())),
            "fail": self._work(lambda work: work.fail(video_id, "w", Status.FAILED, "No.", utc_now())),
            "release": self._work(lambda work: work.release(video_id, "w", utc_now())),
            "rate": self._work(lambda work: work.apply_rating(RatingTotals(video_id, 5, 1, random.getrandbits(20)))),
        }

    def acts_on_many(self) -> dict[str, Act]:
        """What touches several lessons in one transaction."""
        until = timedelta(minutes=1)
        return {
            "claim": self._work(lambda work: work.claim("w", utc_now() + until, utc_now() + 2 * until)),
            "free": self._work(lambda work: work.free("w")),
            "foretell": self._work(lambda work: work.foretell(utc_now(), utc_now())),
            "count": lambda: count_views(self.units, utc_now),
            "count again": lambda: count_views(self.units, utc_now),
        }

    async def erase(self) -> None:
        """The owner leaves."""
        with acting_as(Caller.service("content")):
            async with self._database.transaction() as transaction:
                await erase(transaction, self.owner.id)

    def _as(self, caller: Caller, act: Act) -> Act:
        async def acted() -> None:
            with acting_as(caller):
                await act()

        return acted

    def _work(self, act: Callable[[Any], Awaitable[object]]) -> Act:
        async def acted() -> None:
            async with self.units() as work:
                await act(work)

        return acted


def _lesson() -> Lesson:
    return Lesson("Adding up", "", ["Adding joins"], [], [], 9.0, [], [{"start": 0, "text": "Adding joins."}], {}, [])


async def _run(act: Act) -> None:
    with contextlib.suppress(*_LOST):
        await act()


@pytest.mark.parametrize("leaving", [False, True], ids=["everybody stays", "the owner is erased meanwhile"])
async def test_no_two_who_change_the_same_lessons_ever_deadlock(database, leaving) -> None:
    order, raced = random.Random(7), set[str]()
    for _ in range(_ROUNDS):
        race = Race(database)
        lessons = [await race.lesson() for _ in range(2)]
        acts = [act for lesson in lessons for act in race.acts(lesson).items()] + [*race.acts_on_many().items()]
        if leaving:
            acts.append(("erase", race.erase))
        order.shuffle(acts)
        # A deadlock would end one of them with DatabaseUnavailable, which nobody expects here.
        await asyncio.gather(*(_run(act) for _, act in acts[:_AT_ONCE]))
        raced.update(name for name, _ in acts[:_AT_ONCE])
    assert raced >= {*race.acts(""), *race.acts_on_many()}
    assert ("erase" in raced) == leaving
