"""Moments along a vertical line, revealed in order."""

from content_service.lesson.canvas import Canvas
from content_service.lesson.script import Moment, Scene, Timeline
from content_service.lesson.slides.column import UNLIMITED, Card, column
from content_service.lesson.slides.frame import Position, header
from content_service.lesson.typography import TextBlock, Weight, fit_all

WHEN_WIDTH = 220
AXIS = WHEN_WIDTH + 38
CARD_LEFT = AXIS + 38


def paint(canvas: Canvas, scene: Scene, body: Timeline, position: Position) -> None:
    """Step n shows the moments up to n."""
    left, top, right, bottom = header(canvas, scene, position)
    whens = _dates(canvas, body.moments)
    texts, least = [moment.text for moment in body.moments], [when.height + 12 for when in whens]
    cards = column(canvas, texts, (left + CARD_LEFT, top, right, bottom), 56, (40, 26), least)
    _axis(canvas, [(box[1] + box[3]) // 2 for box, _ in cards], left + AXIS, position.step)
    for number, ((box, block), when) in enumerate(zip(cards, whens, strict=True)):
        _moment(canvas, (box, block), when, left, number - position.step)


def _dates(canvas: Canvas, moments: tuple[Moment, ...]) -> tuple[TextBlock, ...]:
    whens = [moment.when for moment in moments]
    canvas.check(*whens)
    for lines, largest, smallest in ((1, 46, 30), (2, 34, 26)):
        for size in range(largest, smallest - 1, -2):
            blocks = fit_all(whens, Weight.BLACK, WHEN_WIDTH, UNLIMITED, (size, size))
            if blocks and all(len(block.lines) <= lines for block in blocks):
                return blocks
    raise canvas.overflow(max(whens, key=len))


def _axis(canvas: Canvas, middles: list[int], x: int, step: int) -> None:
    palette = canvas.palette
    if len(middles) > 1:
        canvas.bar((x - 2, middles[0], x + 2, middles[-1]), palette.line)
        canvas.bar((x - 2, middles[0], x + 2, middles[step] + 1), palette.accent)


def _moment(canvas: Canvas, card: Card, when: TextBlock, left: int, ahead: int) -> None:
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
