"""The files of a lesson, and where clients find them."""

from collections.abc import Mapping
from dataclasses import dataclass

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
