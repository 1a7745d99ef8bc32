"""Moments along a vertical line, revealed in order."""

from content_service.lesson.canvas import Box, Canvas
from content_service.lesson.script import Moment, Scene, Timeline
from content_service.lesson.slides.frame import Position, column, header
from content_service.lesson.typography import TextBlock, Weight, fit_all

WHEN_WIDTH = 210
AXIS = WHEN_WIDTH + 38
CARD_LEFT = AXIS + 38


def paint(canvas: Canvas, scene: Scene, body: Timeline, position: Position) -> None:
    """Step n shows the moments up to n."""
    left, top, right, bottom = header(canvas, scene, position)
    texts = [moment.text for moment in body.moments]
    cards = column(canvas, texts, (left + CARD_LEFT, top, right, bottom), 56, (40, 26))
    whens = _dates(canvas, body.moments)
    _axis(canvas, [(box[1] + box[3]) // 2 for box, _ in cards], left + AXIS, position.step)
    for number, ((box, block), when) in enumerate(zip(cards, whens, strict=True)):
        _moment(canvas, (box, block), when, left, number - position.step)


def _dates(canvas: Canvas, moments: tuple[Moment, ...]) -> tuple[TextBlock, ...]:
    whens = [moment.when for moment in moments]
    canvas.check(*whens)
    blocks = fit_all(whens, Weight.BLACK, WHEN_WIDTH, 76 * len(whens), (46, 26))
    if blocks is None or any(len(block.lines) > 2 for block in blocks):
        raise canvas.overflow(max(whens, key=len))
    return blocks


def _axis(canvas: Canvas, middles: list[int], x: int, step: int) -> None:
    palette = canvas.palette
    if len(middles) > 1:
        canvas.bar((x - 2, middles[0], x + 2, middles[-1]), palette.line)
        canvas.bar((x - 2, middles[0], x + 2, middles[step] + 1), palette.accent)


def _moment(canvas: Canvas, card: tuple[Box, TextBlock], when: TextBlock, left: int, ahead: int) -> None:
    palette, (box, text) = canvas.palette, card
    x, middle = left + AXIS, (box[1] + box[3]) // 2
    canvas.dot((x, middle), 15 if ahead == 0 else 11, palette.line if ahead > 0 else palette.accent)
    if ahead != 0:
        canvas.dot((x, middle), 6, palette.paper)
    if ahead > 0:
        canvas.card(box, palette.paper, palette.line)
        return
    canvas.card(box, palette.card, palette.accent if ahead == 0 else palette.line)
    canvas.write_middle(when, left + WHEN_WIDTH, box, palette.accent if ahead == 0 else palette.muted, "right")
    canvas.write_middle(text, box[0] + 28, box, palette.ink if ahead == 0 else palette.muted)
