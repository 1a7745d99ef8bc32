"""A quotation, large, with its source."""

from dataclasses import dataclass

from content_service.lesson.canvas import Canvas
from content_service.lesson.script import Quote, Scene
from content_service.lesson.slides.frame import Position, header
from content_service.lesson.typography import TextBlock, Weight, balanced, clean, measure, wrap

MARK_WIDTH = 190
INDENT = 56
LEAST_VERSE, LEAST = 40, 30


def paint(canvas: Canvas, scene: Scene, body: Quote, position: Position) -> None:
    """One step: the words and who said them."""
    palette = canvas.palette
    left, top, right, bottom = header(canvas, scene, position)
    canvas.card((left, top, right, bottom), palette.soft)
    width = right - left - MARK_WIDTH - 56
    lines = _lines(canvas, body.text, (width, bottom - top - 150))
    step = round(lines[0].block.size * lines[0].block.leading)
    source = canvas.fit(body.source, Weight.BOLD, (width - 52, 64), (32, 26))
    y = (top + bottom - _height(lines) - source.height - 34) // 2
    canvas.write(TextBlock(("“",), 240, Weight.BLACK), (left + 44, max(y - 34, top + 8)), palette.accent)
    for number, line in enumerate(lines):
        canvas.write(line.block, (left + MARK_WIDTH + line.indent, y + number * step), palette.ink)
    y += _height(lines) + 34
    canvas.bar(
        (left + MARK_WIDTH, y + source.size // 2 - 2, left + MARK_WIDTH + 36, y + source.size // 2 + 2), palette.accent
    )
    canvas.write(source, (left + MARK_WIDTH + 52, y), palette.accent)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the quotation; what is left of a verse that is too long for one is indented."""

    block: TextBlock
    indent: int = 0


def _lines(canvas: Canvas, text: str, box: tuple[float, float]) -> tuple[Line, ...]:
    """The text at one size; lines of verse have " / " between them, and are turned over only where they would be small."""
    canvas.check(text)
    verses = text.split(" / ")
    for largest, smallest, whole in ((68, LEAST_VERSE, True), (68, LEAST, False)):
        for size in range(largest, smallest - 1, -2):
            lines = _set(verses, size, box[0])
            turned = len(verses) > 1 and len(lines) > len(verses)
            if lines and _height(lines) <= box[1] and not (whole and turned):
                return lines
    raise canvas.overflow(text)


def _set(verses: list[str], size: int, width: float) -> tuple[Line, ...]:
    """Every line at a size; none when a word is too wide."""
    if len(verses) == 1:
        return tuple(Line(_block(line, size)) for line in balanced(verses[0], Weight.ITALIC, size, width) or ())
    lines: list[Line] = []
    for verse in verses:
        found = wrap(verse, Weight.ITALIC, size, width - INDENT) if _too_wide(verse, size, width) else (clean(verse),)
        if found is None:
            return ()
        lines += [Line(_block(line, size), INDENT if number else 0) for number, line in enumerate(found)]
    return tuple(lines)


def _too_wide(verse: str, size: int, width: float) -> bool:
    return measure(clean(verse), Weight.ITALIC, size) > width


def _block(line: str, size: int) -> TextBlock:
    return TextBlock((line,), size, Weight.ITALIC)


def _height(lines: tuple[Line, ...]) -> int:
    first = lines[0].block
    return TextBlock(tuple(line.block.lines[0] for line in lines), first.size, first.weight).height
