"""The files of a lesson, and where clients find them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from content_service.domain.videos import Status

FILES = {"captions.vtt": "text/vtt", "thumbnail.webp": "image/webp", "video.mp4": "video/mp4"}
"""Every file of a published lesson, with its media type."""


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of one lesson's files: paths below the gateway, or whole URLs of an object store; empty for none."""

    video: str = ""
    thumbnail: str = ""
    captions: str = ""


NO_LINKS = Links()
LinksOf = Mapping[str, Links]
"""Links by the video's id; a video that is not in it has no files to show."""


def below_gateway(video_id: str) -> Links:
    """Paths of files that the gateway serves itself."""
    folder = f"/media/{video_id}"
    return Links(f"{folder}/video.mp4", f"{folder}/thumbnail.webp", f"{folder}/captions.vtt")


class Place(StrEnum):
    """Where the media of a video belong."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    NOWHERE = "nowhere"


def place_of_media(status: str, duration: float, *, making: bool) -> Place | None:
    """By what the video is now; None while it is being made, when only its worker knows."""
    if status == Status.PUBLIC:
        return Place.SHOWN
    if making:
        return None
    # A moderator may put back what was REJECTED, if it was ever finished.
    return Place.HIDDEN if status == Status.REJECTED and duration else Place.NOWHERE
