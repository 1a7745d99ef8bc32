"""Ratings through the real server, raced on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from nats.aio.msg import Msg

from community_service.domain.comments import Video
from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.community.v1.community_events_pb2 import RatingDeleted, RatingSubmitted, RatingTotals
from servicekit.errors import InvalidArgument, NotFound, PermissionDenied
from servicekit.ids import new_id
from servicekit.messaging.broker import Broker

ADA, BOB = new_id(), new_id()


async def _rate(community, loopback, video, user: str, stars: int) -> pb.Rating:
    request = pb.SubmitRatingRequest(video_id=video.id, stars=stars)
    return await community.ratings.SubmitRating(request, metadata=loopback.as_user(user))


async def _stats(community, loopback, video) -> pb.RatingStats:
    request = pb.GetRatingStatsRequest(video_id=video.id)
    return await community.ratings.GetRatingStats(request, metadata=loopback.as_user(ADA))


async def test_a_rating_is_its_owner_s_and_its_stars_are_everybody_s(community, loopback, video) -> None:
    given = await _rate(community, loopback, video, ADA, 4)
    request = pb.GetRatingRequest(video_id=video.id)
    assert await community.ratings.GetRating(request, metadata=loopback.as_user(ADA)) == given
    stats = await _stats(community, loopback, video)
    assert (stats.average, stats.count, list(stats.histogram)) == (4.0, 1, [0, 0, 0, 1, 0])


@pytest.mark.parametrize("role", ["STUDENT", "MODERATOR", "ADMIN"])
async def test_somebody_else_neither_sees_nor_deletes_it(community, loopback, video, role) -> None:
    await _rate(community, loopback, video, ADA, 4)
    bob = loopback.as_user(BOB, role)
    for attempt in (
        community.ratings.GetRating(pb.GetRatingRequest(video_id=video.id), metadata=bob),
        community.ratings.DeleteRating(pb.DeleteRatingRequest(video_id=video.id), metadata=bob),
    ):
        with pytest.raises(NotFound) as missing:
            await attempt
        assert missing.value.reason == "RATING_NOT_FOUND"
    assert (await _stats(community, loopback, video)).count == 1


async def test_a_rating_taken_back_is_counted_no_more(community, loopback, video) -> None:
    await _rate(community, loopback, video, ADA, 4)
    await community.ratings.DeleteRating(pb.DeleteRatingRequest(video_id=video.id), metadata=loopback.as_user(ADA))
    stats = await _stats(community, loopback, video)
    assert (stats.average, stats.count, list(stats.histogram)) == (0.0, 0, [0, 0, 0, 0, 0])


async def test_an_own_video_cannot_be_rated(community, loopback, video) -> None:
    with pytest.raises(PermissionDenied) as refused:
        await _rate(community, loopback, video, video.created_by, 5)
    assert refused.value.reason == "OWN_VIDEO_RATED"


async def test_a_video_that_does_not_exist_cannot_be_rated(community, loopback) -> None:
    with pytest.raises(NotFound) as missing:
        await community.ratings.SubmitRating(
            pb.SubmitRatingRequest(video_id=new_id(), stars=3), metadata=loopback.as_user(ADA)
        )
    assert missing.value.reason == "VIDEO_NOT_FOUND"


@pytest.mark.parametrize("stars", [-1, 0, 6])
async def test_stars_go_from_one_to_five(community, loopback, video, stars) -> None:
    with pytest.raises(InvalidArgument):
        await _rate(community, loopback, video, ADA, stars)


async def test_thirty_accounts_at_once_are_all_counted_and_every_version_is_told_once(
    community, loopback, video, broker: Broker
) -> None:
    stars = [1 + number % 5 for number in range(30)]
    async with broker.subscribe("rating.*") as told:
        await asyncio.gather(*(_rate(community, loopback, video, new_id(), each) for each in stars))
        totals = [await _totals(told, video) for _ in range(30)]
    stats = await _stats(community, loopback, video)
    assert (stats.count, stats.average, list(stats.histogram)) == (30, 3.0, [6] * 5)
    assert [each.version for each in totals] == list(range(1, 31))
    assert [each.count for each in totals] == list(range(1, 31))
    assert (totals[-1].sum, list(totals[-1].histogram)) == (sum(stars), [6] * 5)


async def test_twenty_changes_at_once_by_one_account_are_one_rating_with_growing_versions(
    community, loopback, video, broker: Broker
) -> None:
    async with broker.subscribe("rating.*") as told:
        await asyncio.gather(*(_rate(community, loopback, video, ADA, 1 + number % 5) for number in range(20)))
        own = await community.ratings.GetRating(pb.GetRatingRequest(video_id=video.id), metadata=loopback.as_user(ADA))
        stats = await _stats(community, loopback, video)
        await community.ratings.DeleteRating(pb.DeleteRatingRequest(video_id=video.id), metadata=loopback.as_user(ADA))
        totals = [await _totals(told, video)]
        while totals[-1].count:
            totals.append(await _totals(told, video))
    assert (stats.count, stats.average, sum(stats.histogram)) == (1, own.stars, 1)
    assert stats.histogram[own.stars - 1] == 1
    assert [each.version for each in totals] == list(range(1, len(totals) + 1))
    assert (totals[-2].count, totals[-2].sum) == (1, own.stars)


async def _totals(told: AsyncIterator[Msg], video: Video) -> RatingTotals:
    """Those of the next event about the video."""
    async for message in told:
        kind = RatingSubmitted if message.subject == "rating.submitted" else RatingDeleted
        event = kind.FromString(message.data)
        if event.video_id == video.id:
            return event.totals
    raise AssertionError("the subscription ended")
