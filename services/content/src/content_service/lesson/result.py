"""What rendering a lesson answers with. All times are seconds from the start of the video."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption: at most two lines, separated by a newline."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A navigation mark."""

    title: str
    start: float


@dataclass(frozen=True, slots=True)
class Rendered:
    """The finished lesson: file names inside the folder, and what the catalogue shows about it."""

    video: str
    captions: str
    thumbnail: str
    duration: float
    chapters: tuple[Chapter, ...]
    key_point_timestamps: tuple[float, ...]
    transcript: tuple[Cue, ...]


def dump(rendered: Rendered) -> bytes:
    """The result as JSON, to keep."""
    return json.dumps(asdict(rendered)).encode()


def load(kept: bytes) -> Rendered:
    """What `dump` made."""
    values = json.loads(kept)
    return Rendered(
        video=values["video"],
        captions=values["captions"],
        thumbnail=values["thumbnail"],
        duration=values["duration"],
        chapters=tuple(Chapter(**chapter) for chapter in values["chapters"]),
        key_point_timestamps=tuple(values["key_point_timestamps"]),
        transcript=tuple(Cue(**cue) for cue in values["transcript"]),
    )
