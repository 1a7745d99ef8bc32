"""What events of other services tell of people."""

from datetime import UTC

from auth_service.domain.stats import Activity, Kind, VideoGone, Views
from littlemonster.community.v1 import community_events_pb2 as community
from littlemonster.content.v1 import content_events_pb2 as content
from littlemonster.content.v1.content_service_pb2 import VIDEO_STATUS_PUBLIC
from littlemonster.planner.v1 import planner_events_pb2 as planner


def video_moved(event: content.VideoStatusChanged) -> Activity:
    """A video counts while it is PUBLIC."""
    public = event.status == VIDEO_STATUS_PUBLIC
    return Activity(event.created_by, Kind.VIDEO, event.video_id, event.version, public, event.video_id)


def video_viewed(event: content.VideoViewed) -> Views:
    """By others: content counts no views of one's own."""
    return Views(event.created_by, event.video_id, event.count)


def video_deleted(event: content.VideoDeleted) -> VideoGone:
    """Its comments and ratings go without an event of their own."""
    return VideoGone(event.video_id)


def comment(event: community.CommentCreated | community.CommentDeleted) -> Activity:
    """A comment counts while everybody may read it; versions are those of the video's comments."""
    seen, about = isinstance(event, community.CommentCreated), event.comment
    return Activity(about.user_id, Kind.COMMENT, about.id, event.version, seen, about.video_id)


def rating(event: community.RatingSubmitted | community.RatingDeleted) -> Activity:
    """One a video; versions are those of the video's ratings."""
    given = isinstance(event, community.RatingSubmitted)
    return Activity(event.user_id, Kind.RATING, event.video_id, event.totals.version, given, event.video_id)


def completion(event: planner.PlannerEventCompleted) -> Activity:
    """Each completion is told apart by when it was made: taken back, it never returns, a new one has another time."""
    time = event.complete_time.ToDatetime(UTC)
    done = event.event.completed
    return Activity(event.event.user_id, Kind.COMPLETION, time.isoformat(), 1 if done else 2, done, time=time)
