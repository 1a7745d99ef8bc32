"""A quotation, large, with its source."""

from content_service.lesson.canvas import Canvas
from content_service.lesson.script import Quote, Scene
from content_service.lesson.slides.frame import Position, header
from content_service.lesson.typography import TextBlock, Weight

MARK_WIDTH = 190


def paint(canvas: Canvas, scene: Scene, body: Quote, position: Position) -> None:
    """One step: the words and who said them."""
    palette = canvas.palette
    left, top, right, bottom = header(canvas, scene, position)
    canvas.card((left, top, right, bottom), palette.soft)
    width = right - left - MARK_WIDTH - 56
    text = canvas.fit(body.text, Weight.ITALIC, (width, bottom - top - 150), (68, 30))
    source = canvas.fit(body.source, Weight.BOLD, (width - 52, 64), (32, 26))
    y = (top + bottom - text.height - source.height - 34) // 2
    canvas.write(TextBlock(("“",), 240, Weight.BLACK), (left + 44, y - 34), palette.accent)
    y = canvas.write(text, (left + MARK_WIDTH, y), palette.ink) + 34
    canvas.bar(
        (left + MARK_WIDTH, y + source.size // 2 - 2, left + MARK_WIDTH + 36, y + source.size // 2 + 2), palette.accent
    )
    canvas.write(source, (left + MARK_WIDTH + 52, y), palette.accent)
