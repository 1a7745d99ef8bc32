"""A flat emblem per subject, drawn with smooth edges, for the opening slide and the thumbnail."""

from functools import lru_cache
from math import cos, pi, radians, sin

from PIL import Image, ImageDraw

from content_service.lesson.palette import PALETTES, Palette
from content_service.lesson.script import Subject

OVERSAMPLING = 3
Shape = tuple[float, float]


@lru_cache(maxsize=8)
def emblem(subject: Subject, side: int) -> Image.Image:
    """A square RGB image on the subject's deep ground."""
    palette, scale = PALETTES[subject], side * OVERSAMPLING
    image = Image.new("RGB", (scale, scale), palette.deep)
    pen = Pen(ImageDraw.Draw(image), scale)
    pen.disc((0.5, 0.5), 0.49, palette.panel)
    DRAWINGS[subject](pen, palette)
    return image.resize((side, side), Image.Resampling.BOX)


class Pen:
    """Draws in coordinates from 0 to 1."""

    def __init__(self, draw: ImageDraw.ImageDraw, scale: int) -> None:
        self._draw = draw
        self._scale = scale

    def line(self, points: list[Shape], fill: str, width: float = 0.02) -> None:
        """A stroke with round joints and ends."""
        scaled = [(x * self._scale, y * self._scale) for x, y in points]
        self._draw.line(scaled, fill=fill, width=round(width * self._scale), joint="curve")
        for end in (points[0], points[-1]):
            self.disc(end, width / 2, fill)

    def disc(self, centre: Shape, radius: float, fill: str) -> None:
        """A filled circle."""
        (x, y), s = centre, self._scale
        self._draw.ellipse(((x - radius) * s, (y - radius) * s, (x + radius) * s, (y + radius) * s), fill=fill)

    def polygon(self, points: list[Shape], fill: str) -> None:
        """A filled polygon."""
        self._draw.polygon([(x * self._scale, y * self._scale) for x, y in points], fill=fill)

    def block(self, left: float, top: float, right: float, bottom: float, fill: str, radius: float = 0.0) -> None:
        """A filled rectangle."""
        s = self._scale
        self._draw.rounded_rectangle((left * s, top * s, right * s, bottom * s), radius * s, fill=fill)


def _math(pen: Pen, palette: Palette) -> None:
    """Axes, a parabola and its tangent."""
    for i in range(1, 6):
        at = 0.14 + i * 0.12
        pen.line([(at, 0.16), (at, 0.84)], palette.deep, 0.005)
        pen.line([(0.16, at), (0.84, at)], palette.deep, 0.005)
    pen.line([(0.26, 0.14), (0.26, 0.84)], palette.on_deep, 0.014)
    pen.line([(0.16, 0.74), (0.86, 0.74)], palette.on_deep, 0.014)
    curve = [(0.32 + i * 0.005, 0.68 - 0.5 * (1 - ((i - 50) / 50) ** 2)) for i in range(101)]
    pen.line(curve, palette.bright, 0.03)
    x, y = touch = curve[24]
    slope = (curve[25][1] - curve[23][1]) / (curve[25][0] - curve[23][0])
    pen.line([(x - 0.1, y - 0.1 * slope), (x + 0.1, y + 0.1 * slope)], "#FFFFFF", 0.012)
    pen.disc(touch, 0.032, "#FFFFFF")


def _chemistry(pen: Pen, palette: Palette) -> None:
    """An Erlenmeyer flask with bubbles."""
    glass = [
        (0.42, 0.18),
        (0.42, 0.40),
        (0.22, 0.76),
        (0.26, 0.82),
        (0.74, 0.82),
        (0.78, 0.76),
        (0.58, 0.40),
        (0.58, 0.18),
    ]
    pen.polygon(
        [(0.335, 0.56), (0.235, 0.755), (0.27, 0.81), (0.73, 0.81), (0.765, 0.755), (0.665, 0.56)], palette.bright
    )
    pen.line(glass, "#FFFFFF", 0.024)
    pen.line([(0.38, 0.18), (0.62, 0.18)], "#FFFFFF", 0.034)
    for x, y, radius in ((0.40, 0.70, 0.042), (0.55, 0.64, 0.026), (0.60, 0.74, 0.034)):
        pen.disc((x, y), radius, palette.deep)
    for x, y, radius in ((0.50, 0.47, 0.028), (0.47, 0.36, 0.018), (0.53, 0.27, 0.014)):
        pen.disc((x, y), radius, palette.bright)


def _history(pen: Pen, palette: Palette) -> None:
    """A temple front."""
    pen.polygon([(0.5, 0.15), (0.84, 0.34), (0.16, 0.34)], palette.bright)
    pen.disc((0.5, 0.275), 0.032, palette.panel)
    pen.block(0.18, 0.365, 0.82, 0.405, "#FFFFFF", 0.008)
    for i in range(4):
        left = 0.215 + i * 0.16
        pen.block(left - 0.015, 0.43, left + 0.105, 0.455, palette.on_deep, 0.008)
        pen.block(left, 0.455, left + 0.09, 0.70, "#FFFFFF")
        pen.block(left + 0.03, 0.47, left + 0.037, 0.69, palette.on_deep)
        pen.block(left + 0.055, 0.47, left + 0.062, 0.69, palette.on_deep)
        pen.block(left - 0.015, 0.70, left + 0.105, 0.725, palette.on_deep, 0.008)
    pen.block(0.18, 0.75, 0.82, 0.79, "#FFFFFF", 0.008)
    pen.block(0.14, 0.80, 0.86, 0.84, palette.bright, 0.008)


def _english(pen: Pen, palette: Palette) -> None:
    """An open book under a quotation mark."""
    for side in (-1, 1):
        page = [
            (0.5 + side * (0.012 + 0.34 * t / 20), 0.50 - 0.055 * sin(pi * t / 20) - 0.02 * t / 20) for t in range(21)
        ]
        lower = [(x, y + 0.28) for x, y in reversed(page)]
        pen.polygon([(x + side * 0.018, y + 0.03) for x, y in page + lower], palette.bright)
        pen.polygon(page + lower, "#FFFFFF")
        for row in range(4):
            words = [(x, y + 0.06 + row * 0.052) for x, y in page[3 : 18 - row % 2 * 5]]
            pen.line(words, palette.on_deep, 0.013)
    for left in (0.38, 0.52):
        arc = [(left + 0.05 - 0.052 * cos(radians(a)), 0.29 - 0.12 * sin(radians(a))) for a in range(0, 71, 5)]
        pen.line(arc, palette.bright, 0.022)
        pen.disc((left + 0.05, 0.305), 0.054, palette.bright)


DRAWINGS = {Subject.MATH: _math, Subject.CHEMISTRY: _chemistry, Subject.HISTORY: _history, Subject.ENGLISH: _english}
