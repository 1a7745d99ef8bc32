"""What may go wrong with lesson videos. The contract says which RPC answers what."""

from servicekit.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
)


class VideoNotFound(NotFound):
    """No video with that id is visible to the caller."""

    reason = "VIDEO_NOT_FOUND"
    message = "There is no video {video}. Check the id, or browse GET /v1/videos."


class VideoNotYours(PermissionDenied):
    """The video is public, and somebody else's."""

    reason = "VIDEO_NOT_YOURS"
    message = "Only the person who asked for video {video}, or a moderator, may do this. Ask one of them."


class MoveNotAllowed(FailedPrecondition):
    """The video's present status does not allow what was asked."""

    reason = "VIDEO_STATUS_CONFLICT"
    message = "The video is {status}, and this needs one of another status. Read it again with GET /v1/videos/{video}."


class TooManyLessons(ResourceExhausted):
    """The account has as many lessons waiting as one account may have: the others want theirs made, too."""

    reason = "TOO_MANY_LESSONS"
    message = "You have {waiting} lessons waiting or being made, and {most} is the most. Ask again when some are ready."


class TopicRejected(InvalidArgument):
    """Moderation refuses the topic."""

    reason = "TOPIC_REJECTED"
    message = "This topic cannot become a lesson: {reasons} Choose another topic, or word it as your class would."


class TopicNotRelevant(InvalidArgument):
    """The topic is plainly about something else than its subject."""

    reason = "TOPIC_NOT_RELEVANT"
    message = "{topic} does not look like a topic of {subject}. Choose the subject it belongs to, or one of these: {suggestions}."


class TopicNotSupported(FailedPrecondition):
    """The curriculum has no such topic: what inference says of it, in the words of who asks for a lesson."""

    reason = "TOPIC_NOT_SUPPORTED"
    message = (
        "There is no lesson on {topic} yet: lessons come from a checked curriculum. "
        "Choose one of the nearest topics: {suggestions}."
    )


class StreamInterrupted(Unavailable):
    """The broker does not answer, so nothing can be followed live."""

    reason = "STREAM_INTERRUPTED"
    message = (
        "Live progress is not available right now. Ask GET /v1/videos/{video} instead, or watch again in a moment."
    )


class ScriptRefused(FailedPrecondition):
    """No script that was written holds what a lesson must."""

    reason = "SCRIPT_REFUSED"
    message = (
        "The written lesson did not pass its check. {problems} Ask for it again with :retry; it is then written anew."
    )


class RendererCrashed(Unavailable):
    """The process that draws and speaks lessons died."""

    reason = "RENDERER_CRASHED"
    message = "The lesson could not be drawn. It is tried again by itself."


class MediaNotStored(Unavailable):
    """The media store cannot be written: full, missing, not ours, or away."""

    reason = "MEDIA_NOT_STORED"
    message = (
        "The school's server cannot store videos ({cause}). Tell an administrator; the lesson is tried again by itself."
    )


class LeaseLost(Exception):
    """Another worker has taken the job over; this one must not write any more. Never reaches a client."""
