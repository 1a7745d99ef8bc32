"""What all teaching slides share: header, body area and a column of equally spaced cards."""

from collections.abc import Sequence
from dataclasses import dataclass

from content_service.lesson.canvas import BODY_BOTTOM, LEFT, RIGHT, SMALL, Box, Canvas, label_width
from content_service.lesson.script import Scene
from content_service.lesson.typography import TextBlock, Weight, fit_all

GAP = 16
PADDING = 18
LOWEST = 64
UNLIMITED = 10_000
TRACK = 180
BODY_SIZES = (42, SMALL)


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


def column(
    canvas: Canvas, texts: Sequence[str], box: Box, inset: int, sizes: tuple[int, int] = BODY_SIZES,
    least: Sequence[int] = (),
) -> list[tuple[Box, TextBlock]]:  # fmt: skip
    """Cards that fill `box` from top to bottom, with their texts at one size; `inset` is width not for text.

    `least` gives each card's smallest height. Raises ContentOverflow, CharacterMissing.
    """
    canvas.check(*texts)
    left, top, right, bottom = box
    least = least or [LOWEST] * len(texts)
    room = bottom - top - GAP * (len(texts) - 1)
    blocks = _largest(texts, right - left - inset, room, sizes, least)
    if blocks is None:
        raise canvas.overflow(max(texts, key=len))
    heights = _heights(blocks, least)
    spare, cards, y = (room - sum(heights)) / len(heights), [], float(top)
    for block, height in zip(blocks, heights, strict=True):
        cards.append(((left, round(y), right, round(y + height + spare)), block))
        y += height + spare + GAP
    return cards


def _largest(
    texts: Sequence[str], width: int, room: int, sizes: tuple[int, int], least: Sequence[int]
) -> tuple[TextBlock, ...] | None:
    for size in range(sizes[0], sizes[1] - 1, -2):
        blocks = fit_all(texts, Weight.MEDIUM, width, UNLIMITED, (size, size))
        if blocks and sum(_heights(blocks, least)) <= room:
            return blocks
    return None


def _heights(blocks: Sequence[TextBlock], least: Sequence[int]) -> list[int]:
    return [max(low, block.height + 2 * PADDING) for block, low in zip(blocks, least, strict=True)]
