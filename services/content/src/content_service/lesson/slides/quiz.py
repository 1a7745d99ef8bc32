"""A question with options, a moment to think, then the answer and why."""

from content_service.lesson.canvas import SMALL, Box, Canvas
from content_service.lesson.script import Quiz, Scene
from content_service.lesson.slides.column import UNLIMITED, Card
from content_service.lesson.slides.frame import GAP, Position, header
from content_service.lesson.typography import TextBlock, Weight, fit_all

THINKING_STEPS = 3
ANSWER_STEP = THINKING_STEPS + 1
FOOT_HEIGHT = 90
LETTER_WIDTH = 98
QUESTION_SIZES = (42, 36, 30)
PROMPT = "Your turn. Pause here if you need longer."


def paint(canvas: Canvas, scene: Scene, body: Quiz, position: Position) -> None:
    """Step 0 asks, steps 1 to 3 fill the thinking bar, step 4 reveals the answer."""
    left, top, right, bottom = header(canvas, scene, position)
    question, options = _layout(canvas, body, (left, top, right, bottom - FOOT_HEIGHT - GAP))
    canvas.write(question, (left, top), canvas.palette.ink)
    answered = position.step >= ANSWER_STEP
    for number, (box, block) in enumerate(options):
        _option(canvas, box, block, "ABCDEF"[number], answered and number == body.answer, answered)
    foot = (left, bottom - FOOT_HEIGHT, right, bottom)
    explanation = canvas.fit(body.explanation, Weight.REGULAR, (right - left - 60, FOOT_HEIGHT - 20), (32, 26))
    if answered:
        canvas.card(foot, canvas.palette.good_soft)
        canvas.write_middle(explanation, left + 30, foot, canvas.palette.ink)
    else:
        _thinking(canvas, foot, position.step)


def _layout(canvas: Canvas, body: Quiz, room: Box) -> tuple[TextBlock, list[Card]]:
    """The question as large as it leaves room for the options."""
    left, top, right, bottom = room
    canvas.check(*body.options)
    for largest in QUESTION_SIZES:
        question = canvas.fit(body.question, Weight.MEDIUM, (right - left, 150), (largest, QUESTION_SIZES[-1]))
        boxes = _grid(len(body.options), (left, top + question.height + 24, right, bottom))
        if blocks := _options(body.options, boxes[0]):
            return question, list(zip(boxes, blocks, strict=True))
    raise canvas.overflow(max(body.options, key=len))


def _grid(count: int, box: Box) -> list[Box]:
    left, top, right, bottom = box
    columns = 1 if count == 3 else 2
    rows = -(-count // columns)
    width, height = (right - left - GAP * (columns - 1)) / columns, (bottom - top - GAP * (rows - 1)) / rows
    corners = [(left + (i % columns) * (width + GAP), top + (i // columns) * (height + GAP)) for i in range(count)]
    return [(round(x), round(y), round(x + width), round(y + height)) for x, y in corners]


def _options(options: tuple[str, ...], box: Box) -> tuple[TextBlock, ...] | None:
    """The options at one size, each within a box of that size; None if they need more."""
    left, top, right, bottom = box
    for size in range(38, SMALL - 1, -2):
        blocks = fit_all(options, Weight.MEDIUM, right - left - LETTER_WIDTH - 24, UNLIMITED, (size, size))
        if blocks and bottom - top >= 56 and all(block.height <= bottom - top - 14 for block in blocks):
            return blocks
    return None


def _option(canvas: Canvas, box: Box, block: TextBlock, letter: str, right: bool, answered: bool) -> None:
    palette, badge = canvas.palette, (box[0] + 52, (box[1] + box[3]) // 2)
    if right:
        canvas.card(box, palette.good_soft, palette.good)
        canvas.tick(badge, 26, palette.good, "#FFFFFF")
    elif answered:
        canvas.card(box, palette.paper, palette.line)
        canvas.badge(letter, badge, 26, palette.soft, palette.muted)
    else:
        canvas.card(box, palette.card, palette.line)
        canvas.badge(letter, badge, 26, palette.accent, "#FFFFFF")
    canvas.write_middle(block, box[0] + LETTER_WIDTH, box, palette.muted if answered and not right else palette.ink)


def _thinking(canvas: Canvas, foot: Box, step: int) -> None:
    palette, (left, top, right, bottom) = canvas.palette, foot
    canvas.card(foot, palette.soft)
    canvas.write_middle(TextBlock((PROMPT,), 30, Weight.MEDIUM), left + 30, foot, palette.ink)
    width, middle = 76, (top + bottom) // 2
    for i in range(THINKING_STEPS):
        x = right - 30 - (THINKING_STEPS - i) * (width + 10) + 10
        fill = palette.accent if i < step else palette.line
        canvas.card((x, middle - 7, x + width, middle + 7), fill, radius=7)
