"""Moments along a vertical line, revealed in order."""

from collections.abc import Sequence

from content_service.lesson.canvas import SMALL, Box, Canvas
from content_service.lesson.errors import ContentOverflow
from content_service.lesson.script import Moment, Scene, Timeline
from content_service.lesson.slides.column import UNLIMITED, Card, column
from content_service.lesson.slides.frame import Position, header
from content_service.lesson.typography import TextBlock, Weight, fit

WHEN_WIDTH = 220
AXIS = WHEN_WIDTH + 38
CARD_LEFT = AXIS + 38
WHEN_SIZES = (46, 40)
# (lines, largest size) of a date that is too long for one line of that size, tried in this order.
WRAPPED = ((2, 38), (2, 32), (2, SMALL), (3, 30), (3, SMALL))


def paint(canvas: Canvas, scene: Scene, body: Timeline, position: Position) -> None:
    """Step n shows the moments up to n."""
    left, top, right, bottom = header(canvas, scene, position)
    whens, cards = _layout(canvas, body.moments, (left + CARD_LEFT, top, right, bottom))
    _axis(canvas, [(box[1] + box[3]) // 2 for box, _ in cards], left + AXIS, position.step)
    for number, ((box, block), when) in enumerate(zip(cards, whens, strict=True)):
        _moment(canvas, (box, block), when, left, number - position.step)


def _layout(canvas: Canvas, moments: tuple[Moment, ...], room: Box) -> tuple[list[TextBlock], list[Card]]:
    """Dates, and cards that are high enough for them; what is wrapped is set smaller before words have no room."""
    texts, refusal = [moment.text for moment in moments], canvas.overflow(max((m.when for m in moments), key=len))
    for lines, largest in WRAPPED:
        if whens := _dates(canvas, [moment.when for moment in moments], lines, largest):
            try:
                return whens, column(canvas, texts, room, 56, (40, 26), [when.height + 12 for when in whens])
            except ContentOverflow as overflow:
                refusal = overflow
    raise refusal


def _dates(canvas: Canvas, whens: Sequence[str], lines: int, largest: int) -> list[TextBlock]:
    """Dates that fit on a line all at one size; each other one wrapped at a size of its own. Nothing when one does not fit."""
    canvas.check(*whens)
    short = [fit(when, Weight.BLACK, WHEN_WIDTH, UNLIMITED, WHEN_SIZES, 1) for when in whens]
    size = min((block.size for block in short if block), default=largest)
    dates = [
        fit(when, Weight.BLACK, WHEN_WIDTH, UNLIMITED, (size, size) if block else (largest, SMALL), lines)
        for when, block in zip(whens, short, strict=True)
    ]
    return [date for date in dates if date] if all(dates) else []


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
