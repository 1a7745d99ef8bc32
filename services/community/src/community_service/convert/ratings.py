"""Ratings and their totals."""

from community_service.convert.values import timestamp
from community_service.domain.ratings import Rating, RatingTotals
from littlemonster.community.v1 import community_events_pb2 as events
from littlemonster.community.v1 import community_service_pb2 as pb


def rating(rating: Rating) -> pb.Rating:
    return pb.Rating(
        video_id=rating.video_id,
        user_id=rating.user_id,
        stars=rating.stars,
        create_time=timestamp(rating.create_time),
        update_time=timestamp(rating.update_time),
    )


def rating_stats(totals: RatingTotals) -> pb.RatingStats:
    return pb.RatingStats(
        video_id=totals.video_id,
        average=totals.average,
        count=totals.count,
        histogram=totals.histogram,
    )


def rating_submitted(rating: Rating, totals: RatingTotals) -> events.RatingSubmitted:
    return events.RatingSubmitted(
        video_id=rating.video_id,
        user_id=rating.user_id,
        stars=rating.stars,
        totals=_totals(totals),
    )


def rating_deleted(rating: Rating, totals: RatingTotals) -> events.RatingDeleted:
    return events.RatingDeleted(video_id=rating.video_id, user_id=rating.user_id, totals=_totals(totals))


def _totals(totals: RatingTotals) -> events.RatingTotals:
    return events.RatingTotals(
        sum=totals.sum,
        count=totals.count,
        histogram=totals.histogram,
        version=totals.version,
    )
