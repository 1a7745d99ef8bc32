"""The closing slide: what to remember, on the dark ground of the opening."""

from content_service.lesson.canvas import BODY_BOTTOM, LEFT, RIGHT, Canvas
from content_service.lesson.script import Recap, Scene
from content_service.lesson.slides.column import column
from content_service.lesson.slides.frame import Position
from content_service.lesson.typography import Weight

TEXT_INSET = 124


def paint(canvas: Canvas, scene: Scene, body: Recap, position: Position) -> None:
    """Step n shows the points up to n, each ticked."""
    palette = canvas.palette
    canvas.check(scene.chapter)
    canvas.label(scene.chapter, (LEFT, 42), palette.bright)
    heading = canvas.fit(scene.heading, Weight.BLACK, (RIGHT - LEFT, 130), (54, 38), lines=2)
    top = canvas.write(heading, (LEFT - 2, 82), "#FFFFFF") + 24
    texts = [point.text for point in body.points]
    cards = column(canvas, texts, (LEFT, top, RIGHT, BODY_BOTTOM), TEXT_INSET, (50 if len(texts) < 3 else 44, 26))
    for number, (box, block) in enumerate(cards):
        badge = (box[0] + 56, (box[1] + box[3]) // 2)
        if number > position.step:
            canvas.card(box, palette.deep, palette.panel)
            continue
        canvas.card(box, palette.panel)
        canvas.tick(badge, 24, palette.bright, palette.deep)
        canvas.write_middle(block, box[0] + 102, box, "#FFFFFF" if number == position.step else palette.on_deep)
