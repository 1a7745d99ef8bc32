"""What the community processes are told by their environment."""

from datetime import timedelta

from pydantic import Field

from community_service.domain.phases import Rules
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings of every service, and those of this one."""

    content_address: str = "127.0.0.1:50052"
    """host:port of the content service, asked about videos no event has told of yet."""

    inference_address: str = "127.0.0.1:50055"
    """host:port of the inference service, which judges comments."""

    content_timeout: timedelta = timedelta(seconds=2)
    """How long content may take to answer, in ISO 8601 such as PT2S or in seconds."""

    mentions_timeout: timedelta = timedelta(seconds=1)
    """How long auth may take to tell whom a comment mentions; after it the comment mentions nobody."""

    moderation_timeout: timedelta = timedelta(seconds=3)
    """How long a verdict may take; after it the comment waits for a moderator."""

    own_ratings: bool = False
    """Whether somebody may rate a video they asked for."""

    edit_window: timedelta = timedelta(hours=1)
    """How long after it was written a comment may be edited."""

    thread_depth: int = Field(default=4, ge=1, le=20)
    """How many answers deep a thread may go."""

    comment_length: int = Field(default=2000, ge=1, le=2000)
    """How many characters a comment may have."""

    comment_rate: int = Field(default=10, ge=0, le=100)
    """How many comments an account may write in a minute; 0 for any number."""

    repeat_window: timedelta = timedelta(minutes=10)
    """How long an account may not write the same again; 0 for not at all."""

    comment_links: int = Field(default=2, ge=0)
    """How many links a comment may hold before a moderator has to look at it; 0 for any number."""

    comment_words: frozenset[str] = frozenset()
    """Words no comment may hold, beside those that inference refuses, as a JSON list such as ["foo", "bar"]."""

    newcomer_comments: int = Field(default=0, ge=0, le=100)
    """How many comments of a new account a moderator has to approve before others appear at once."""

    report_threshold: float = Field(default=3.0, ge=0)
    """How much the reports of a comment weigh together before it waits for a moderator unseen; one of a reporter without a
    record weighs 1. 0 lets reports hide nothing."""

    heartbeat: timedelta = timedelta(seconds=15)
    """How long a live stream stays silent before it sends a sign of life."""

    live_streams: int = Field(default=1500, ge=1)
    """Most live streams one process serves; of the 2,000 calls a server has at once some must be left for the others."""

    live_backlog: int = Field(default=64, ge=1, le=10_000)
    """How many changes a live stream's reader may be behind before it is cut off."""

    def rules(self) -> Rules:
        """How strict the phases of moderation are."""
        return Rules(
            longest=self.comment_length,
            repeat_window=self.repeat_window,
            rate=self.comment_rate,
            links=self.comment_links,
            words=frozenset(word.casefold() for word in self.comment_words),
            newcomer_comments=self.newcomer_comments,
        )
