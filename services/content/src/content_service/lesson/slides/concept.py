"""Points revealed one by one, with an optional formula below."""

from content_service.lesson.canvas import Box, Canvas
from content_service.lesson.script import Concept, Scene
from content_service.lesson.slides.column import column
from content_service.lesson.slides.frame import GAP, Position, header
from content_service.lesson.typography import TextBlock

TEXT_INSET = 120
FORMULA_HEIGHTS = {1: 240, 2: 200}
SIZES = {1: (58, 30), 2: (52, 26)}


def paint(canvas: Canvas, scene: Scene, body: Concept, position: Position) -> None:
    """Step n shows point n as the current one; the step after the last point shows the formula."""
    left, top, right, bottom = header(canvas, scene, position)
    count = len(body.points)
    if body.formula:
        panel_top = bottom - FORMULA_HEIGHTS.get(count, 160) if count else top
        shown = position.step >= count or not body.formula_say
        _formula(canvas, body.formula, (left, panel_top, right, bottom), shown)
        bottom = panel_top - GAP
    texts = [point.text for point in body.points]
    cards = column(canvas, texts, (left, top, right, bottom), TEXT_INSET, SIZES.get(count, (44, 26))) if texts else []
    warns = any(point.wrong for point in body.points)
    for number, (box, block) in enumerate(cards):
        if warns and number <= position.step:
            _verdict(canvas, box, block, wrong=body.points[number].wrong)
            continue
        _point(canvas, str(number + 1) if count > 1 and not warns else "", box, block, number - position.step)


def _point(canvas: Canvas, number: str, box: Box, block: TextBlock, ahead: int) -> None:
    palette, badge = canvas.palette, (box[0] + 54, (box[1] + box[3]) // 2)
    if ahead > 0:
        canvas.card(box, palette.paper, palette.line)
        canvas.badge(number, badge, 24, palette.soft, palette.muted)
        return
    current = ahead == 0
    canvas.card(box, palette.card, palette.accent if current else palette.line)
    if number:
        fill, ink = (palette.accent, "#FFFFFF") if current else (palette.soft, palette.accent)
        canvas.badge(number, badge, 24, fill, ink)
    else:
        canvas.card((box[0] + 48, box[1] + 40, box[0] + 56, box[3] - 40), palette.accent, radius=4)
    canvas.write_middle(block, box[0] + 98, box, palette.ink if current else palette.muted)


def _verdict(canvas: Canvas, box: Box, block: TextBlock, *, wrong: bool) -> None:
    """A mistake and what is right instead, told apart by colour and by sign."""
    palette, badge = canvas.palette, (box[0] + 54, (box[1] + box[3]) // 2)
    if wrong:
        canvas.card(box, palette.bad_soft, palette.bad)
        canvas.cross(badge, 28, palette.bad, "#FFFFFF")
    else:
        canvas.card(box, palette.good_soft, palette.good)
        canvas.tick(badge, 28, palette.good, "#FFFFFF")
    canvas.write_middle(block, box[0] + 98, box, palette.ink)


def _formula(canvas: Canvas, formula: str, box: Box, shown: bool) -> None:
    palette = canvas.palette
    left, top, right, bottom = box
    canvas.card(box, palette.deep if shown else palette.paper, "" if shown else palette.line)
    if shown:
        canvas.formula(
            formula,
            (left + 40, top + 20, right - 40, bottom - 20),
            "#FFFFFF",
            largest=110 if bottom - top < 300 else 150,
        )
