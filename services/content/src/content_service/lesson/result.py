"""What rendering a lesson answers with. All times are seconds from the start of the video."""

from dataclasses import dataclass


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
