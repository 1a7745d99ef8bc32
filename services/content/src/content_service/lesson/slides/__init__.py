"""One painter per kind of scene; `paint` picks it."""

from PIL import Image

from content_service.lesson.canvas import Canvas
from content_service.lesson.palette import PALETTES
from content_service.lesson.script import (
    Concept,
    Plot,
    Quiz,
    Quote,
    Recap,
    Script,
    Table,
    Timeline,
    Title,
    WorkedExample,
)
from content_service.lesson.slides import concept, plot, quiz, quote, recap, table, timeline, title, worked_example
from content_service.lesson.slides.frame import Position


def paint(script: Script, index: int, step: int) -> Image.Image:
    """The 1280x720 slide of scene `index`, revealed up to `step`.

    Raises ContentOverflow, FormulaInvalid or CharacterMissing, each naming the scene.
    """
    scene, palette = script.scenes[index], PALETTES[script.subject]
    dark = isinstance(scene.body, Title | Recap)
    canvas = Canvas(palette, scene.heading, palette.deep if dark else palette.paper)
    position = Position(index, len(script.scenes), step)
    match scene.body:
        case Title():
            title.paint(canvas, scene, scene.body, script)
        case Concept():
            concept.paint(canvas, scene, scene.body, position)
        case WorkedExample():
            worked_example.paint(canvas, scene, scene.body, position)
        case Plot():
            plot.paint(canvas, scene, scene.body, position)
        case Timeline():
            timeline.paint(canvas, scene, scene.body, position)
        case Table():
            table.paint(canvas, scene, scene.body, position)
        case Quote():
            quote.paint(canvas, scene, scene.body, position)
        case Quiz():
            quiz.paint(canvas, scene, scene.body, position)
        case Recap():
            recap.paint(canvas, scene, scene.body, position)
    return canvas.image
