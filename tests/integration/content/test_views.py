"""Who has looked is remembered for as long as they would count again."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from integration.content.looking import rows

from content_service.domain import hour_of
from content_service.storage import PostgresUnitOfWork
from content_service.use_cases.managing import count_views
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1 import content_service_pb2 as pb
from littlemonster.content.v1.content_events_pb2 import VideoViewed
from littlemonster.content.v1.content_service_pb2_grpc import VideoServiceStub
from servicekit.caller import Caller
from servicekit.clock import utc_now
from servicekit.ids import new_id


@pytest.fixture
async def public(content: Any, loopback: Any) -> str:
    """The id of a video that can be watched."""
    request = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    video = await content.videos.CreateVideo(request, metadata=loopback.as_user(new_id()))
    assert await content.generation("w").next()
    return str(video.id)


async def test_a_view_is_forgotten_only_after_it_was_counted(public, database) -> None:
    units = PostgresUnitOfWork(database, Caller.service("content"))
    async with units() as work:
        await work.add_view(public, new_id(), hour_of(utc_now()) - timedelta(days=1))
        await work.forget_views(utc_now())
        assert await work.count_views() == 1
        assert await work.count_views() == 0


async def test_a_view_that_was_counted_counts_again_only_after_two_hours(public, database) -> None:
    units, viewer, hour = PostgresUnitOfWork(database, Caller.service("content")), new_id(), hour_of(utc_now())
    for hours, counted in ((0.99, 1), (1.99, 0), (2.01, 0), (2.01, 1)):  # the third forgets it
        async with units() as work:
            await work.add_view(public, viewer, hour)
        assert await count_views(units, lambda later=hours: hour + timedelta(hours=later)) == counted


async def test_views_are_kept_as_they_are_told_and_counted_together_once_each_whichever_api_heard_them(
    content, loopback, serve_api, public, database, urls
) -> None:
    apis = [content.videos, VideoServiceStub(loopback.channel(await serve_api(content.inference_channel)))]
    viewers = [loopback.as_user(new_id()) for _ in range(5)]
    request = pb.ViewVideoRequest(video_id=public)
    await asyncio.gather(*(api.ViewVideo(request, metadata=viewer) for api in apis for viewer in viewers))
    # Whatever becomes of a process now.
    assert rows(urls, "SELECT count(*) FROM views WHERE NOT counted") == [(5,)]
    assert await count_views(PostgresUnitOfWork(database, Caller.service("content")), utc_now) == 1
    told = rows(urls, "SELECT payload FROM outbox WHERE subject = 'video.viewed'")
    assert [VideoViewed.FromString(bytes(payload)).count for (payload,) in told] == [5]
    assert rows(urls, "SELECT view_count FROM videos") == [(5,)]
