"""The picture a lesson is chosen by: few large words and the subject's emblem."""

from contextlib import suppress

from PIL import Image

from content_service.lesson.canvas import HEIGHT, LEFT, WIDTH, Box, Canvas
from content_service.lesson.emblem import emblem
from content_service.lesson.errors import ContentOverflow
from content_service.lesson.formula import typeset
from content_service.lesson.palette import PALETTES
from content_service.lesson.script import Concept, Plot, Quote, Script, Table, Timeline
from content_service.lesson.slides.title import subject_tag
from content_service.lesson.typography import Weight

SIZE = (640, 360)
EMBLEM = 500
HOOK = 116
LEAST_FORMULA = 52  # pixels an em: still to be read where the picture is as wide as a thumb
STRIPE = 20


def thumbnail(script: Script) -> Image.Image:
    """A 640x360 image. Raises ContentOverflow or CharacterMissing for a title that cannot be shown."""
    palette = PALETTES[script.subject]
    canvas = Canvas(palette, script.title, palette.deep)
    canvas.image.paste(emblem(script.subject, EMBLEM), (WIDTH - EMBLEM - 24, (HEIGHT - STRIPE - EMBLEM) // 2))
    canvas.bar((0, HEIGHT - STRIPE, WIDTH, HEIGHT), palette.bright)
    room = (LEFT, WIDTH - EMBLEM - 40)
    hook = _formula(script, room[1] - room[0]) or _heading(script)
    below_title = HOOK + 30 if hook else 0
    title = canvas.headline(
        script.title, (room[1] - room[0], 480 - below_title), 124, ((2, 96), (3, 84), (4, 70), (8, 40))
    )
    top = (HEIGHT - STRIPE - title.height - 92 - below_title) // 2
    subject_tag(canvas, script, (LEFT, top), scale=1.3)
    below = canvas.write(title, (LEFT - 4, top + 96), "#FFFFFF")
    if hook:
        _show(canvas, hook, (room[0], below + 30, room[1], below + 30 + HOOK))
    return canvas.image.resize(SIZE, Image.Resampling.LANCZOS)


def _formula(script: Script, width: int) -> Image.Image | None:
    """The lesson's formula as a mask, if it can be read in so little room."""
    for scene in script.scenes:
        if isinstance(scene.body, Concept) and scene.body.formula:
            with suppress(ContentOverflow):
                return typeset(scene.body.formula, scene.heading, width, HOOK, HOOK - 24, LEAST_FORMULA)
    return None


def _heading(script: Script) -> str:
    """What tells this lesson from others on its topic: what it looks at closely; empty if that is nothing."""
    closer = (scene.heading for scene in script.scenes if isinstance(scene.body, Quote | Timeline | Table | Plot))
    return next(closer, "")


def _show(canvas: Canvas, hook: Image.Image | str, box: Box) -> None:
    left, top, right, bottom = box
    if isinstance(hook, str):
        canvas.write(
            canvas.fit(hook, Weight.BOLD, (right - left, HOOK), (56, 34), lines=2), (left, top), canvas.palette.bright
        )
    else:
        canvas.image.paste(canvas.palette.bright, (left, (top + bottom - hook.height) // 2), hook)
