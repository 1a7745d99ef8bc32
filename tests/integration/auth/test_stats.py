"""What people do in every service, told over the real JetStream late, again and in any order: counted once."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from conftest import Backing
from erasing import deliver
from google.protobuf.message import Message
from integration.auth.conftest import Running, bearer
from integration.auth.test_row_level_security import visible
from loopback import Metadata
from personal_traces import tables_about
from psycopg.conninfo import conninfo_to_dict

from auth_service.consumers import doings
from auth_service.convert import activities as convert
from auth_service.storage.activities import ActivitiesInWork
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.acting import AUTH
from littlemonster.auth.v1 import user_service_pb2 as pb
from littlemonster.community.v1 import community_events_pb2 as community
from littlemonster.community.v1.community_service_pb2 import Comment
from littlemonster.content.v1 import content_events_pb2 as content
from littlemonster.content.v1.content_service_pb2 import VIDEO_STATUS_PUBLIC, VIDEO_STATUS_REJECTED, VideoStatus
from littlemonster.planner.v1 import planner_events_pb2 as planner
from littlemonster.planner.v1.planner_service_pb2 import Event
from servicekit.caller import acting_as
from servicekit.ids import new_id
from servicekit.messaging.broker import Broker
from servicekit.messaging.consumer import Consumer

Told = tuple[str, Message]


class Ada:
    """Somebody who does things, and the statistics that follow."""

    def __init__(self, running: Running, broker: Broker, consumer: Consumer, user_id: str, metadata: Metadata) -> None:
        self.id = user_id
        self._running = running
        self._broker = broker
        self._consumer = consumer
        self._metadata = metadata

    async def hears(self, *told: Told, times: int = 2) -> None:
        for subject, event in told:
            await deliver(self._broker, self._consumer, subject, event, times)

    async def stats(self) -> pb.UserStats:
        return await self._running.users.GetStats(pb.GetStatsRequest(), metadata=self._metadata)

    async def prefers(self, time_zone: str) -> None:
        request = pb.UpdatePreferencesRequest(time_zone=time_zone)
        await self._running.users.UpdatePreferences(request, metadata=self._metadata)


@pytest.fixture
async def ada(running: Running, backing: Backing) -> AsyncIterator[Ada]:
    broker = Broker(backing.nats_url, name="auth")
    await broker.connect()
    await running.verified()
    tokens = await running.log_in()
    yield Ada(running, broker, doings(broker, running.database, ActivitiesInWork), tokens.user_id, bearer(tokens))
    await broker.close()


def moved(user_id: str, video_id: str, status: VideoStatus, version: int) -> Told:
    event = content.VideoStatusChanged(video_id=video_id, created_by=user_id, status=status, version=version)
    return "video.status_changed", event


def viewed(user_id: str, video_id: str, count: int) -> Told:
    return "video.viewed", content.VideoViewed(video_id=video_id, created_by=user_id, count=count)


def said(user_id: str, video_id: str, comment_id: str, version: int, *, gone: bool = False) -> Told:
    comment = Comment(id=comment_id, video_id=video_id, user_id=user_id, deleted=gone)
    if gone:
        return "comment.deleted", community.CommentDeleted(comment=comment, version=version)
    return "comment.created", community.CommentCreated(comment=comment, version=version)


def rated(user_id: str, video_id: str, version: int, *, gone: bool = False) -> Told:
    totals = community.RatingTotals(version=version)
    if gone:
        return "rating.deleted", community.RatingDeleted(video_id=video_id, user_id=user_id, totals=totals)
    return "rating.submitted", community.RatingSubmitted(video_id=video_id, user_id=user_id, stars=4, totals=totals)


def completed(user_id: str, time: datetime, *, undone: bool = False) -> Told:
    event = planner.PlannerEventCompleted(event=Event(id=new_id(), user_id=user_id, completed=not undone))
    event.complete_time.FromDatetime(time)
    return "planner.event_completed", event


def as_counts(stats: pb.UserStats) -> Sequence[int]:
    return [
        stats.video_count,
        stats.view_count,
        stats.comment_count,
        stats.rating_count,
        stats.completed_event_count,
    ]


async def test_somebody_new_has_done_nothing(ada: Ada) -> None:
    assert await ada.stats() == pb.UserStats()


async def test_each_thing_counts_once_however_often_it_is_told(ada: Ada, running: Running) -> None:
    mine, another = new_id(), new_id()
    await ada.hears(
        moved(ada.id, mine, VIDEO_STATUS_PUBLIC, 3),
        viewed(ada.id, mine, 2),
        viewed(ada.id, mine, 3),
        said(ada.id, another, new_id(), 1),
        said(ada.id, another, new_id(), 2),
        rated(ada.id, another, 1),
        rated(ada.id, another, 2),
        completed(ada.id, running.clock()),
        moved(new_id(), new_id(), VIDEO_STATUS_PUBLIC, 1),
        times=3,
    )
    stats = await ada.stats()
    assert (as_counts(stats), stats.streak_days) == ([1, 5, 2, 1, 1], 1)


async def test_in_whatever_order_a_life_is_told_the_end_is_the_same(ada: Ada) -> None:
    for telling in itertools.permutations(range(4)):
        video, other, comment = new_id(), new_id(), new_id()
        life = [
            moved(ada.id, video, VIDEO_STATUS_PUBLIC, 3),
            viewed(ada.id, video, 1),
            moved(ada.id, video, VIDEO_STATUS_REJECTED, 4),
            said(ada.id, other, comment, 5, gone=True),
        ]
        await ada.hears(*(life[at] for at in telling), said(ada.id, other, comment, 4), times=1)
    assert as_counts(await ada.stats()) == [0, 0, 0, 0, 0]
    await ada.hears(moved(ada.id, video, VIDEO_STATUS_PUBLIC, 5))
    assert as_counts(await ada.stats()) == [1, 1, 0, 0, 0]


async def test_what_was_taken_back_does_not_count_even_when_that_is_heard_first(ada: Ada, running: Running) -> None:
    video, comment, now = new_id(), new_id(), running.clock()
    await ada.hears(
        said(ada.id, video, comment, 2, gone=True),
        rated(ada.id, video, 2, gone=True),
        completed(ada.id, now, undone=True),
        said(ada.id, video, comment, 1),
        rated(ada.id, video, 1),
        completed(ada.id, now),
    )
    stats = await ada.stats()
    assert (as_counts(stats), stats.streak_days) == ([0, 0, 0, 0, 0], 0)


async def test_a_deleted_video_takes_along_what_was_said_of_it_also_what_is_heard_later(ada: Ada) -> None:
    video = new_id()
    deleted = ("video.deleted", content.VideoDeleted(video_id=video, created_by=ada.id))
    await ada.hears(moved(ada.id, video, VIDEO_STATUS_PUBLIC, 3), viewed(ada.id, video, 1), rated(ada.id, video, 1))
    await ada.hears(deleted, said(ada.id, video, new_id(), 1), viewed(ada.id, video, 1))
    assert as_counts(await ada.stats()) == [0, 0, 0, 0, 0]


async def test_an_erased_account_gets_no_rows_from_late_events(ada: Ada, running: Running, backing: Backing) -> None:
    video = new_id()
    await ada.hears(moved(ada.id, video, VIDEO_STATUS_PUBLIC, 3), viewed(ada.id, video, 1))
    with acting_as(AUTH):
        async with units_of_work(running.database)() as work:
            await work.erasures.erase_account(ada.id)
    await ada.hears(
        moved(ada.id, video, VIDEO_STATUS_PUBLIC, 4),
        viewed(ada.id, video, 7),
        said(ada.id, video, new_id(), 1),
        rated(ada.id, video, 1),
        completed(ada.id, running.clock()),
    )
    name = str(conninfo_to_dict(running.urls.app)["dbname"])
    assert set(tables_about(backing.postgres_url, name, ada.id)) == {"audit_events"}


async def test_what_somebody_did_is_seen_by_nobody_else(ada: Ada, running: Running) -> None:
    await ada.hears(rated(ada.id, new_id(), 1))
    assert await visible(running, "activities", ada.id, "STUDENT") == 1
    for person, role in ((new_id(), "ADMIN"), ("", "STUDENT")):
        assert await visible(running, "activities", person, role) == 0


async def test_an_event_that_names_nobody_is_dropped(ada: Ada) -> None:
    await ada.hears(rated("", new_id(), 1), said("00000000-0000-0000-0000-000000000000", new_id(), new_id(), 1))
    assert as_counts(await ada.stats()) == [0, 0, 0, 0, 0]


async def test_two_deliveries_at_once_count_once(ada: Ada) -> None:
    video = new_id()
    await ada.hears(moved(ada.id, video, VIDEO_STATUS_PUBLIC, 3))
    await asyncio.gather(*(ada.hears(viewed(ada.id, video, 1), times=2) for _ in range(5)))
    assert (await ada.stats()).view_count == 5


@pytest.mark.parametrize(
    ("zone", "now", "done", "expected"),
    [
        # 23:30 and 00:30 at home are two days, though one in UTC.
        ("Europe/Berlin", "2026-03-10T12:00", ["2026-03-09T23:30", "2026-03-10T00:30"], 2),
        ("America/New_York", "2026-03-10T12:00", ["2026-03-09T23:30", "2026-03-10T00:30"], 2),
        # The day clocks go forward has 23 hours, the day they go back 25; each is one day.
        ("Europe/Berlin", "2026-03-30T08:00", ["2026-03-28T23:59", "2026-03-29T03:01", "2026-03-30T00:01"], 3),
        ("Europe/Berlin", "2026-10-26T08:00", ["2026-10-24T00:10", "2026-10-25T02:30", "2026-10-26T00:10"], 3),
        ("America/New_York", "2026-11-02T09:00", ["2026-10-31T12:00", "2026-11-01T01:30", "2026-11-01T23:50"], 2),
        ("Asia/Kathmandu", "2026-03-10T00:05", ["2026-03-08T00:01", "2026-03-09T23:59"], 2),
        ("Pacific/Kiritimati", "2026-03-10T12:00", ["2026-03-07T12:00", "2026-03-08T12:00"], 0),
    ],
)
async def test_a_day_of_the_streak_is_one_of_the_preferred_zone(
    ada: Ada, running: Running, zone: str, now: str, done: list[str], expected: int
) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)

    await ada.prefers(zone)
    running.clock.now = moment(now)
    await ada.hears(*(completed(ada.id, moment(each)) for each in done))
    assert (await ada.stats()).streak_days == expected


async def test_a_streak_may_be_longer_than_a_page(ada: Ada, running: Running) -> None:
    with acting_as(AUTH):
        async with running.database.transaction() as transaction:
            for days in range(600):
                _, event = completed(ada.id, running.clock() - timedelta(days=days))
                await ActivitiesInWork(transaction).record(convert.completion(event))
    stats = await ada.stats()
    assert (stats.streak_days, stats.completed_event_count) == (600, 600)
