"""What the community processes are told by their environment."""

from datetime import timedelta

from pydantic import Field

from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings of every service, and those of this one."""

    content_address: str = "127.0.0.1:50052"
    """host:port of the content service, asked about videos no event has told of yet."""

    inference_address: str = "127.0.0.1:50055"
    """host:port of the inference service, which judges comments."""

    content_timeout: timedelta = timedelta(seconds=2)
    """How long content may take to answer, in ISO 8601 such as PT2S or in seconds."""

    moderation_timeout: timedelta = timedelta(seconds=3)
    """How long a verdict may take; after it the comment waits for a moderator."""

    own_ratings: bool = False
    """Whether somebody may rate a video they asked for."""

    edit_window: timedelta = timedelta(hours=1)
    """How long after it was written a comment may be edited."""

    thread_depth: int = Field(default=4, ge=1, le=20)
    """How many answers deep a thread may go."""

    heartbeat: timedelta = timedelta(seconds=15)
    """How long a live stream stays silent before it sends a sign of life."""

    live_streams: int = Field(default=1500, ge=1)
    """Most live streams one process serves; of the 2,000 calls a server has at once some must be left for the others."""

    live_backlog: int = Field(default=64, ge=1, le=10_000)
    """How many changes a live stream's reader may be behind before it is cut off."""
