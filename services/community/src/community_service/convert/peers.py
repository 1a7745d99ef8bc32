"""What auth, content and inference say."""

from community_service.domain.comments import ModerationStatus, Verdict, Video, VideoState
from community_service.domain.mentions import Person
from community_service.domain.phases import Phase
from littlemonster.auth.v1 import user_service_pb2 as auth
from littlemonster.content.v1 import content_events_pb2 as content_events
from littlemonster.content.v1 import content_service_pb2 as content
from littlemonster.inference.v1 import inference_service_pb2 as inference


def people(response: auth.FindUsersResponse) -> list[Person]:
    return [Person(user.id, user.display_name) for user in response.users]


def public_video(video: content.Video) -> Video | None:
    """The video as content knows it; None unless it is PUBLIC."""
    if video.status != content.VIDEO_STATUS_PUBLIC:
        return None
    return Video(video.id, video.created_by)


def created_video(event: content_events.VideoCreated) -> Video:
    return Video(event.video.id, event.video.created_by)


def deleted_video(event: content_events.VideoDeleted) -> Video:
    return Video(event.video_id, event.created_by, VideoState.DELETED)


def moved_video(event: content_events.VideoStatusChanged) -> Video | None:
    """A video that became public or was withdrawn; None while it is still being made."""
    states = {
        content.VIDEO_STATUS_PUBLIC: VideoState.PUBLIC,
        content.VIDEO_STATUS_REJECTED: VideoState.WITHDRAWN,
    }
    if event.status not in states:
        return None
    return Video(event.video_id, event.created_by, states[event.status], event.version)


def video_from(subject: str, payload: bytes) -> Video | None:
    """What an event says of a video's state; None when that is nothing. Raises DecodeError for one that cannot be read."""
    match subject:
        case "video.status_changed":
            return moved_video(content_events.VideoStatusChanged.FromString(payload))
        case "video.deleted":
            return deleted_video(content_events.VideoDeleted.FromString(payload))
    return None


def verdict(response: inference.ModerateResponse) -> Verdict:
    reason = " ".join(response.reasons)
    if response.withheld:
        return Verdict(ModerationStatus.WITHHELD, reason, response.resources, Phase.MODEL)
    if response.approved:
        return Verdict(ModerationStatus.APPROVED)
    return Verdict(ModerationStatus.REJECTED, reason or "It is against the rules for comments.", phase=Phase.MODEL)
