"""What the planner processes are told by their environment."""

from datetime import timedelta

from pydantic import Field

from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings of every service, and those of this one."""

    heartbeat: timedelta = timedelta(seconds=15)
    """How long a live stream stays silent before it sends a sign of life."""

    live_streams: int = Field(default=1500, ge=1)
    """Most live streams one process serves; of the 2,000 calls a server has at once some must be left for the others."""

    live_backlog: int = Field(default=64, ge=1, le=10_000)
    """How many changes a live stream's reader may be behind before it is cut off."""

    public_url: str = "http://127.0.0.1:8080"
    """The gateway's address as calendar programs reach it, for the address of a feed."""

    deletions_kept: timedelta = Field(default=timedelta(days=90), ge=timedelta(days=1))
    """How long a device may be away and still hear of each deletion; after it, the device fetches everything anew."""
