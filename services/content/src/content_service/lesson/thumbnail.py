"""The picture a lesson is chosen by: few large words and the subject's emblem."""

import re

from PIL import Image

from content_service.lesson.canvas import HEIGHT, LEFT, WIDTH, Box, Canvas
from content_service.lesson.emblem import emblem
from content_service.lesson.errors import ContentOverflow
from content_service.lesson.palette import PALETTES
from content_service.lesson.script import Concept, Script, Timeline
from content_service.lesson.slides.title import subject_tag
from content_service.lesson.typography import Weight

SIZE = (640, 360)
EMBLEM = 500
HOOK = 116
YEAR = re.compile(r"\b\d{3,4}(?: BCE?)?\b")
STRIPE = 20


def thumbnail(script: Script) -> Image.Image:
    """A 640x360 image. Raises ContentOverflow or CharacterMissing for a title that cannot be shown."""
    palette = PALETTES[script.subject]
    canvas = Canvas(palette, script.title, palette.deep)
    canvas.image.paste(emblem(script.subject, EMBLEM), (WIDTH - EMBLEM - 24, (HEIGHT - STRIPE - EMBLEM) // 2))
    canvas.bar((0, HEIGHT - STRIPE, WIDTH, HEIGHT), palette.bright)
    hook = _hook(script)
    room = (WIDTH - EMBLEM - LEFT - 40, 480 - (HOOK + 30 if hook else 0))
    title = canvas.headline(script.title, room, 124, ((2, 96), (3, 84), (4, 70), (8, 40)))
    top = (HEIGHT - STRIPE - title.height - 92 - (HOOK + 30 if hook else 0)) // 2
    subject_tag(canvas, script, (LEFT, top), scale=1.3)
    below = canvas.write(title, (LEFT - 4, top + 96), "#FFFFFF")
    if hook:
        _show(canvas, hook, (LEFT, below + 30, LEFT + room[0], below + 30 + HOOK))
    return canvas.image.resize(SIZE, Image.Resampling.LANCZOS)


def _hook(script: Script) -> Concept | Timeline | None:
    """What makes this lesson's picture its own: its formula, or the years it spans; None if it has neither."""
    bodies = [scene.body for scene in script.scenes]
    spans = (body for body in bodies if isinstance(body, Timeline) and _years(body))
    return next((body for body in bodies if isinstance(body, Concept) and body.formula), None) or next(spans, None)


def _show(canvas: Canvas, hook: Concept | Timeline, box: Box) -> None:
    if isinstance(hook, Concept):
        try:
            canvas.formula(hook.formula, box, canvas.palette.bright, largest=HOOK - 24, align="left")
        except ContentOverflow:
            return  # the slide has more room; here it would be too small to read
    else:
        years = canvas.fit(_years(hook), Weight.BLACK, (box[2] - box[0], HOOK), (84, 60), lines=1)
        canvas.write_middle(years, box[0], box, canvas.palette.bright)


def _years(timeline: Timeline) -> str:
    """ "1347 – 1351", or nothing where the first or last moment names no year."""
    ends = [YEAR.findall(timeline.moments[at].when) for at in (0, -1)]
    return f"{ends[0][0]} – {ends[1][-1]}" if all(ends) else ""
