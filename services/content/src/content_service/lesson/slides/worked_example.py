"""A problem and its solution, step by step; the last step is the answer."""

from collections.abc import Iterator
from dataclasses import dataclass

from content_service.lesson.canvas import Box, Canvas
from content_service.lesson.errors import ContentOverflow
from content_service.lesson.script import Scene, Step, WorkedExample
from content_service.lesson.slides.column import column
from content_service.lesson.slides.frame import GAP, Position, header
from content_service.lesson.typography import TextBlock, Weight

NUMBER_WIDTH = 92
TEXT_SHARE = 0.44
FORMULA_LEFT, FORMULA_RIGHT, FORMULA_PADDING = 40, 32, 12
# (least text size, formula size), tried in this order: both shrink together.
SIZES = ((34, 52), (32, 46), (32, 40), (28, 40), (28, 36), (26, 36), (26, 32), (26, 30))


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the solution, laid out: its card, its text, where its formula goes and how large."""

    step: Step
    number: int
    last: bool
    box: Box
    text: TextBlock
    formula_box: Box
    formula_size: int


def paint(canvas: Canvas, scene: Scene, body: WorkedExample, position: Position) -> None:
    """Step 0 shows the problem; step n reveals the nth line of the solution."""
    left, top, right, bottom = header(canvas, scene, position)
    top = _problem(canvas, body.problem, (left, top, right, bottom)) + GAP
    for line in _layout(canvas, body.steps, (left, top, right, bottom)):
        if line.number > position.step:
            _upcoming(canvas, line)
        else:
            _revealed(canvas, line, line.number == position.step)


def _problem(canvas: Canvas, problem: str, room: Box) -> int:
    left, top, right, _ = room
    palette = canvas.palette
    block = canvas.fit(problem, Weight.MEDIUM, (right - left - 72, 100), (36, 26))
    bottom = top + block.height + 36
    canvas.card((left, top, right, bottom), palette.soft)
    canvas.card((left + 16, top + 16, left + 22, bottom - 16), palette.accent, radius=3)
    canvas.write(block, (left + 42, top + 18), palette.ink)
    return bottom


def _layout(canvas: Canvas, steps: tuple[Step, ...], room: Box) -> Iterator[Line]:
    """Cards high enough for text and formula, at the largest common formula size."""
    left, _, right, _ = room
    texts, split = [step.text for step in steps], left + round((right - left) * TEXT_SHARE)
    width = right - FORMULA_RIGHT - split - FORMULA_LEFT
    # A step without a formula has the whole card for its words.
    insets = [right - split + NUMBER_WIDTH if step.formula else NUMBER_WIDTH + FORMULA_RIGHT for step in steps]
    size, cards = _cards(canvas, steps, texts, room, insets, width)
    for number, (step, (box, text)) in enumerate(zip(steps, cards, strict=True), start=1):
        formula_box = (split + FORMULA_LEFT, box[1] + 8, right - FORMULA_RIGHT, box[3] - 8)
        yield Line(step, number, number == len(steps), box, text, formula_box, size)


def _cards(
    canvas: Canvas, steps: tuple[Step, ...], texts: list[str], room: Box, insets: list[int], width: int
) -> tuple[int, list[tuple[Box, TextBlock]]]:
    refusal: ContentOverflow | None = None
    for smallest, size in SIZES:
        least = [canvas.formula_height(step.formula, width, size) + 2 * FORMULA_PADDING for step in steps]
        try:
            return size, column(canvas, texts, room, insets, (38, smallest), least)
        except ContentOverflow as overflow:
            refusal = overflow
    raise refusal or canvas.overflow(texts[0])


def _upcoming(canvas: Canvas, line: Line) -> None:
    palette = canvas.palette
    canvas.card(line.box, palette.paper, palette.line)
    canvas.badge(str(line.number), _badge(line.box), 22, palette.soft, palette.muted)


def _revealed(canvas: Canvas, line: Line, current: bool) -> None:
    palette = canvas.palette
    accent = palette.good if line.last else palette.accent
    canvas.card(line.box, palette.good_soft if line.last else palette.card, accent if current else palette.line)
    if line.last:
        canvas.tick(_badge(line.box), 22, palette.good, "#FFFFFF")
    else:
        fill, ink = (accent, "#FFFFFF") if current else (palette.soft, accent)
        canvas.badge(str(line.number), _badge(line.box), 22, fill, ink)
    canvas.write_middle(line.text, line.box[0] + NUMBER_WIDTH, line.box, palette.ink)
    if line.step.formula:
        canvas.formula(line.step.formula, line.formula_box, palette.ink, line.formula_size, "left")


def _badge(box: Box) -> tuple[int, int]:
    return box[0] + 50, (box[1] + box[3]) // 2
