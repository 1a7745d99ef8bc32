"""Videos, progress and events between the contract and the domain."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from content_service.domain import (
    NO_LINKS,
    FeedQuery,
    Links,
    LinksOf,
    Matches,
    Page,
    Progress,
    RatingTotals,
    SearchQuery,
    Status,
    Video,
    ViewCount,
    Wish,
)
from content_service.lesson.script import Difficulty, Subject
from littlemonster.common.v1 import study_pb2
from littlemonster.community.v1 import community_events_pb2
from littlemonster.content.v1 import content_events_pb2, content_service_pb2

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SUBJECTS = {name: study_pb2.Subject.Value(f"SUBJECT_{name}") for name in Subject}
_DIFFICULTIES = {name: study_pb2.Difficulty.Value(f"DIFFICULTY_{name}") for name in Difficulty}
_STATUSES: dict[Status, content_service_pb2.VideoStatus.ValueType] = {
    name: content_service_pb2.VideoStatus.Value(f"VIDEO_STATUS_{name}") for name in Status if name is not Status.DELETED
}
SUBJECT_OF = {value: name for name, value in _SUBJECTS.items()}
DIFFICULTY_OF = {value: name for name, value in _DIFFICULTIES.items()}
_STATUS_OF = {value: name for name, value in _STATUSES.items()}


def timestamp(time: datetime | None) -> Timestamp | None:
    """The time as protobuf has it; None stays None."""
    fields = _seconds(time)  # three times as fast as Timestamp.FromDatetime
    return None if fields is None else Timestamp(**fields)


def _seconds(time: datetime | None) -> dict[str, int] | None:
    if time is None:
        return None
    since = time - _EPOCH
    return {"seconds": since.days * 86_400 + since.seconds, "nanos": since.microseconds * 1000}


def wish(request: content_service_pb2.CreateVideoRequest) -> Wish:
    """STANDARD where no difficulty is stated; spaces around the topic mean nothing."""
    return Wish(
        topic=" ".join(request.topic.split()),
        subject=SUBJECT_OF[request.subject],
        difficulty=DIFFICULTY_OF.get(request.difficulty, Difficulty.STANDARD),
        request_id=request.request_id or None,
    )


def feed_query(request: content_service_pb2.ListVideosRequest) -> FeedQuery:
    """An unspecified filter is "any"."""
    return FeedQuery(
        sort=request.sort or "recent",
        subject=SUBJECT_OF.get(request.subject),
        difficulty=DIFFICULTY_OF.get(request.difficulty),
        created_by=request.created_by.lower() or None,
        status=_STATUS_OF.get(request.status),
    )


def subject(name: str) -> study_pb2.Subject.ValueType:
    """The contract's number of a subject."""
    return _SUBJECTS[Subject(name)]


def difficulty(name: str) -> study_pb2.Difficulty.ValueType:
    """The contract's number of a difficulty."""
    return _DIFFICULTIES[Difficulty(name)]


def video(source: Video, links: LinksOf) -> content_service_pb2.Video:
    """The video as clients see it; media links only where there are media."""
    return content_service_pb2.Video(**_fields(source, links))


def _fields(source: Video, links: LinksOf) -> dict[str, Any]:
    # Protobuf takes mappings as they are, and a text finds its member's number: both faster than what the types allow.
    stored: Any = source
    media = links.get(source.id, NO_LINKS)
    return {
        "id": source.id,
        "title": source.title,
        "subject": _SUBJECTS[stored.subject],
        "difficulty": _DIFFICULTIES[stored.difficulty],
        "topic": source.topic,
        "created_by": source.created_by,
        "status": _STATUSES[stored.status],
        "status_message": source.status_message,
        "script_summary": source.summary,
        "key_points": source.key_points,
        "timestamps": source.timestamps,
        "chapters": source.chapters,
        "video_url": media.video,
        "thumbnail_url": media.thumbnail,
        "captions_url": media.captions,
        "duration": source.duration,
        "rating_avg": source.rating_avg,
        "rating_count": source.rating_count,
        "view_count": source.view_count,
        "comment_count": source.comment_count,
        "tags": source.tags,
        "create_time": _seconds(source.create_time),
        "update_time": _seconds(source.update_time),
        "estimated_completion_time": _seconds(source.estimated_completion_time),
        "provenance": source.provenance or None,
    }


def _videos(sources: Iterable[Video], links: LinksOf) -> Any:
    """For a field of videos: it takes mappings, which saves making each message and copying it."""
    return [_fields(source, links) for source in sources]


def page(source: Page, links: LinksOf) -> content_service_pb2.ListVideosResponse:
    """A page of the feed."""
    return content_service_pb2.ListVideosResponse(
        videos=_videos(source.videos, links), next_page_token=source.next_page_token
    )


def progress(source: Progress) -> content_service_pb2.VideoProgress:
    """Progress as clients and announcements carry it."""
    return content_service_pb2.VideoProgress(
        video_id=source.video_id,
        status=_STATUSES[Status(source.status)],
        stage=source.stage,
        percent=source.percent,
        message=source.message,
        estimated_completion_time=timestamp(source.estimated_completion_time),
    )


def announced(source: content_service_pb2.VideoProgress) -> Progress:
    """An announcement as it was given."""
    ready = source.estimated_completion_time
    return Progress(
        source.video_id,
        _STATUS_OF[source.status],
        source.stage,
        source.percent,
        source.message,
        ready.ToDatetime(tzinfo=UTC) if source.HasField("estimated_completion_time") else None,
    )


def video_requested(source: Video) -> content_events_pb2.VideoRequested:
    """The event video.requested."""
    return content_events_pb2.VideoRequested(
        video_id=source.id,
        created_by=source.created_by,
        topic=source.topic,
        subject=subject(source.subject),
        difficulty=difficulty(source.difficulty),
        create_time=timestamp(source.create_time),
    )


def video_created(source: Video, links: Links) -> content_events_pb2.VideoCreated:
    """The event video.created."""
    return content_events_pb2.VideoCreated(video=video(source, {source.id: links}))


def status_changed(source: Video) -> content_events_pb2.VideoStatusChanged:
    """The event video.status_changed."""
    return content_events_pb2.VideoStatusChanged(
        video_id=source.id,
        created_by=source.created_by,
        status=_STATUSES[Status(source.status)],
        message=source.status_message,
        version=source.version,
    )


def video_deleted(source: Video) -> content_events_pb2.VideoDeleted:
    """The event video.deleted."""
    return content_events_pb2.VideoDeleted(video_id=source.id, created_by=source.created_by)


def video_viewed(source: ViewCount) -> content_events_pb2.VideoViewed:
    """The event video.viewed."""
    return content_events_pb2.VideoViewed(video_id=source.video_id, created_by=source.created_by, count=source.count)


def search_query(request: content_service_pb2.SearchVideosRequest) -> SearchQuery:
    """An unspecified filter is "any"."""
    return SearchQuery(
        text=request.query,
        subject=SUBJECT_OF.get(request.subject),
        difficulty=DIFFICULTY_OF.get(request.difficulty),
    )


def matches(source: Matches, links: LinksOf) -> content_service_pb2.SearchVideosResponse:
    """A page of matches."""
    match = content_service_pb2.VideoMatch
    return content_service_pb2.SearchVideosResponse(
        matches=[match(video_id=m.video_id, snippet=m.snippet, spoken_at=m.spoken_at or 0.0) for m in source.matches],
        videos=_videos(source.videos, links),
        next_page_token=source.next_page_token,
        corrected_query=source.corrected,
    )


def status(source: content_service_pb2.VideoStatus.ValueType) -> Status:
    """The domain's name of a status."""
    return _STATUS_OF[source]


def rating_totals(
    event: community_events_pb2.RatingSubmitted | community_events_pb2.RatingDeleted,
) -> RatingTotals:
    """The sums an event about a rating carries."""
    return RatingTotals(event.video_id, event.totals.sum, event.totals.count, event.totals.version)
