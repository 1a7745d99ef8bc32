"""The opening slide: what the lesson is about, with the subject's emblem."""

from content_service.lesson.canvas import BODY_BOTTOM, HEIGHT, LEFT, Canvas, label_width
from content_service.lesson.emblem import emblem
from content_service.lesson.script import Difficulty, Scene, Script, Title
from content_service.lesson.typography import Weight

TEXT_WIDTH = 690
TOP, TAG = 42, 48
EMBLEM = (800, 130, 1230, 560)
LEVELS = {Difficulty.INTRO: "Introductory", Difficulty.STANDARD: "Standard", Difficulty.HONORS: "Honors"}


def paint(canvas: Canvas, scene: Scene, body: Title, script: Script) -> None:
    """One step: headline, subtitle, subject and level."""
    palette = canvas.palette
    canvas.image.paste(emblem(script.subject, EMBLEM[2] - EMBLEM[0]), EMBLEM[:2])
    headline = canvas.headline(scene.heading, (TEXT_WIDTH, 330), 96, ((2, 72), (3, 62), (4, 50), (6, 40)))
    above = TAG + 36 + headline.height + 60
    room = min(150, BODY_BOTTOM - TOP - above)
    subtitle = canvas.fit(body.subtitle, Weight.REGULAR, (TEXT_WIDTH, room), (36, 28))
    y = min((HEIGHT - above - subtitle.height) // 2 - 10, BODY_BOTTOM - above - subtitle.height)
    subject_tag(canvas, script, (LEFT, y))
    y = canvas.write(headline, (LEFT - 4, y + TAG + 36), "#FFFFFF")
    canvas.bar((LEFT, y + 24, LEFT + 96, y + 30), palette.bright)
    canvas.write(subtitle, (LEFT, y + 60), palette.on_deep)


def subject_tag(canvas: Canvas, script: Script, at: tuple[int, int], scale: float = 1.0) -> None:
    """The subject as a bright tag and the level beside it."""
    palette, (x, y) = canvas.palette, at
    size, pad, height = round(26 * scale), round(22 * scale), round(48 * scale)
    width = label_width(script.subject, size)
    canvas.card((x, y, x + width + 2 * pad, y + height), palette.bright, radius=height // 2)
    canvas.label(script.subject, (x + pad + 1, y + round(11 * scale)), palette.deep, size)
    canvas.label(LEVELS[script.difficulty], (x + width + 3 * pad, y + round(11 * scale)), palette.on_deep, size)
