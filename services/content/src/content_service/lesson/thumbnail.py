"""The picture a lesson is chosen by: few large words and the subject's emblem."""

from PIL import Image

from content_service.lesson.canvas import HEIGHT, LEFT, WIDTH, Canvas
from content_service.lesson.emblem import emblem
from content_service.lesson.palette import PALETTES
from content_service.lesson.script import Script
from content_service.lesson.slides.title import subject_tag

SIZE = (640, 360)
EMBLEM = 500
STRIPE = 20


def thumbnail(script: Script) -> Image.Image:
    """A 640x360 image. Raises ContentOverflow or CharacterMissing for a title that cannot be shown."""
    palette = PALETTES[script.subject]
    canvas = Canvas(palette, script.title, palette.deep)
    canvas.image.paste(emblem(script.subject, EMBLEM), (WIDTH - EMBLEM - 24, (HEIGHT - STRIPE - EMBLEM) // 2))
    canvas.bar((0, HEIGHT - STRIPE, WIDTH, HEIGHT), palette.bright)
    title = canvas.headline(script.title, (WIDTH - EMBLEM - LEFT - 40, 480), 124, ((2, 96), (3, 84), (4, 70), (8, 40)))
    top = (HEIGHT - STRIPE - title.height - 92) // 2
    subject_tag(canvas, script, (LEFT, top), scale=1.3)
    canvas.write(title, (LEFT - 4, top + 96), "#FFFFFF")
    return canvas.image.resize(SIZE, Image.Resampling.LANCZOS)
