"""A column of cards that fills the body area: comfortable if possible, denser before the text gets small."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from content_service.lesson.canvas import Box, Canvas
from content_service.lesson.typography import TextBlock, Weight, fit

UNLIMITED = 10_000


@dataclass(frozen=True, slots=True)
class Density:
    """Space between cards, above and below their text, and the least height of a card."""

    gap: int
    padding: int
    lowest: int


COMFORTABLE = Density(gap=16, padding=18, lowest=64)
DENSE = Density(gap=10, padding=9, lowest=52)
DENSE_FROM = 32  # text sizes up to this may be set dense

Card = tuple[Box, TextBlock]


def column(
    canvas: Canvas,
    texts: Sequence[str],
    box: Box,
    inset: int | Sequence[int],
    sizes: tuple[int, int],
    least: Sequence[int] = (),
) -> list[Card]:
    """Cards that fill `box` from top to bottom, with their texts at one size; `inset` is width not for text, of all or of each.

    `least` gives heights the cards need for other reasons. Raises ContentOverflow, CharacterMissing.
    """
    canvas.check(*texts)
    least = least or [0] * len(texts)
    insets = [inset] * len(texts) if isinstance(inset, int) else inset
    widths = [box[2] - box[0] - each for each in insets]
    for size, density in _settings(sizes):
        blocks = _blocks(texts, widths, size)
        if blocks:
            heights = [_height(block, low, density) for block, low in zip(blocks, least, strict=True)]
            spare = box[3] - box[1] - sum(heights) - density.gap * (len(heights) - 1)
            if spare >= 0:
                return list(_placed(blocks, heights, box, spare / len(heights), density.gap))
    raise canvas.overflow(max(texts, key=len))


def _blocks(texts: Sequence[str], widths: Sequence[float], size: int) -> list[TextBlock]:
    """All texts at one size; nothing when a word of one is wider than it may be."""
    fitted = [
        fit(text, Weight.MEDIUM, width, UNLIMITED, (size, size)) for text, width in zip(texts, widths, strict=True)
    ]
    return [block for block in fitted if block] if all(fitted) else []


def _settings(sizes: tuple[int, int]) -> Iterator[tuple[int, Density]]:
    for size in range(sizes[0], sizes[1] - 1, -2):
        yield size, COMFORTABLE
        if size <= DENSE_FROM:
            yield size, DENSE


def _height(block: TextBlock, least: int, density: Density) -> int:
    return max(least, density.lowest, block.height + 2 * density.padding)


def _placed(blocks: Sequence[TextBlock], heights: list[int], box: Box, spare: float, gap: int) -> Iterator[Card]:
    left, top, right, _ = box
    y = float(top)
    for block, height in zip(blocks, heights, strict=True):
        yield (left, round(y), right, round(y + height + spare)), block
        y += height + spare + gap
