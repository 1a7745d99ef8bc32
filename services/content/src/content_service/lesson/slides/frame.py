"""What all teaching slides share: header, progress and the body area."""

from dataclasses import dataclass

from content_service.lesson.canvas import BODY_BOTTOM, LEFT, RIGHT, Box, Canvas, label_width
from content_service.lesson.script import Scene
from content_service.lesson.typography import Weight

GAP = 16
TRACK = 180


@dataclass(frozen=True, slots=True)
class Position:
    """Where in the lesson a slide stands: scene `index` of `total`, and how far its content is revealed."""

    index: int
    total: int
    step: int


def header(canvas: Canvas, scene: Scene, position: Position) -> Box:
    """Paint chapter, progress and heading; answers the body box below them."""
    palette = canvas.palette
    canvas.check(scene.chapter, scene.heading)
    if label_width(scene.chapter) > RIGHT - LEFT - TRACK - 40:
        raise canvas.overflow(scene.chapter)
    canvas.label(scene.chapter, (LEFT, 42), palette.accent)
    _progress(canvas, position, (RIGHT - TRACK, 52, RIGHT, 60))
    heading = canvas.fit(scene.heading, Weight.BLACK, (RIGHT - LEFT, 130), (54, 38), lines=2)
    bottom = canvas.write(heading, (LEFT - 2, 82), palette.ink)
    return (LEFT, bottom + 24, RIGHT, BODY_BOTTOM)


def _progress(canvas: Canvas, position: Position, track: Box) -> None:
    left, top, right, bottom = track
    reached = left + max(bottom - top, round((right - left) * (position.index + 1) / position.total))
    canvas.card(track, canvas.palette.line, radius=4)
    canvas.card((left, top, reached, bottom), canvas.palette.accent, radius=4)
