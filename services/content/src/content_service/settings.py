"""What the content processes are told by their environment."""

from pathlib import Path

from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings of every service, and those of this one."""

    inference_address: str = "127.0.0.1:50055"
    """host:port of the inference service, which judges topics and writes scripts."""

    media_dir: Path = Path("media")
    """Folder the worker publishes finished videos in; the gateway serves it below /media/."""
