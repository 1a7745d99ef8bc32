"""A quotation, large, with its source."""

from content_service.lesson.canvas import Canvas
from content_service.lesson.script import Quote, Scene
from content_service.lesson.slides.frame import Position, header
from content_service.lesson.typography import TextBlock, Weight, fit_all

MARK_WIDTH = 190


def paint(canvas: Canvas, scene: Scene, body: Quote, position: Position) -> None:
    """One step: the words and who said them."""
    palette = canvas.palette
    left, top, right, bottom = header(canvas, scene, position)
    canvas.card((left, top, right, bottom), palette.soft)
    width = right - left - MARK_WIDTH - 56
    verses = _verses(canvas, body.text, (width, bottom - top - 150))
    source = canvas.fit(body.source, Weight.BOLD, (width - 52, 64), (32, 26))
    y = (top + bottom - sum(verse.height for verse in verses) - source.height - 34) // 2
    canvas.write(TextBlock(("“",), 240, Weight.BLACK), (left + 44, y - 34), palette.accent)
    for verse in verses:
        y = canvas.write(verse, (left + MARK_WIDTH, y), palette.ink)
    y += 34
    canvas.bar(
        (left + MARK_WIDTH, y + source.size // 2 - 2, left + MARK_WIDTH + 36, y + source.size // 2 + 2), palette.accent
    )
    canvas.write(source, (left + MARK_WIDTH + 52, y), palette.accent)


def _verses(canvas: Canvas, text: str, box: tuple[float, float]) -> tuple[TextBlock, ...]:
    """The text at one size, lines of verse, which are written with " / " between them, each on its own."""
    canvas.check(text)
    verses = fit_all(text.split(" / "), Weight.ITALIC, *box, (68, 30))
    if verses is None:
        raise canvas.overflow(text)
    return verses
