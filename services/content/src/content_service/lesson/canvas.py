"""The drawing surface all slides share: one grid, one set of shapes, text that is fitted or refused."""

from functools import lru_cache

from PIL import Image, ImageDraw

from content_service.lesson.errors import CharacterMissing, ContentOverflow
from content_service.lesson.formula import typeset
from content_service.lesson.palette import Colour, Palette
from content_service.lesson.typography import (
    ASCENT,
    TextBlock,
    Weight,
    clean,
    fit,
    font,
    measure,
    missing_character,
    runs,
)

WIDTH, HEIGHT = 1280, 720
LEFT, RIGHT = 64, WIDTH - 64
BODY_BOTTOM = 632  # players draw captions below
TRACKING = 0.04  # extra letter space of labels, in ems
SMALL = 26  # smallest text: 13 pixels when watched at 360p

Box = tuple[int, int, int, int]  # left, top, right, bottom


class Canvas:
    """One slide being painted. Refuses content that does not fit, naming `scene`."""

    def __init__(self, palette: Palette, scene: str, background: Colour) -> None:
        self.palette = palette
        self.scene = scene
        self.image = Image.new("RGB", (WIDTH, HEIGHT), background)
        self._draw = ImageDraw.Draw(self.image)

    def card(self, box: Box, fill: Colour, outline: Colour = "", radius: int = 20) -> None:
        """A rounded rectangle with smooth corners, optionally with a 2-pixel outline."""
        left, top, right, bottom = box
        if outline:
            self.image.paste(outline, (left, top), _rounded(right - left, bottom - top, radius))
            left, top, right, bottom, radius = left + 2, top + 2, right - 2, bottom - 2, radius - 2
        self.image.paste(fill, (left, top), _rounded(right - left, bottom - top, radius))

    def bar(self, box: Box, fill: Colour) -> None:
        """A plain rectangle."""
        self._draw.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=fill)

    def fit(
        self, text: str, weight: Weight, box: tuple[float, float], sizes: tuple[int, int], lines: int = 99
    ) -> TextBlock:
        """The text as large as the (width, height) box allows. Raises ContentOverflow, CharacterMissing."""
        self.check(text)
        block = fit(text, weight, *box, sizes, lines)
        if block is None:
            raise self.overflow(text)
        return block

    def headline(
        self, text: str, box: tuple[float, float], largest: int, smallest: tuple[tuple[int, int], ...]
    ) -> TextBlock:
        """Like fit, preferring few lines to large ones: `smallest` pairs a number of lines with their least size."""
        self.check(text)
        for lines, size in smallest:
            if block := fit(text, Weight.BLACK, *box, (largest, size), lines):
                return block
        raise self.overflow(text)

    def check(self, *texts: str) -> None:
        """Raise CharacterMissing if a text cannot be drawn."""
        for text in texts:
            if character := missing_character(text):
                raise CharacterMissing(self.scene, character)

    def overflow(self, text: str) -> ContentOverflow:
        """The error for a text that does not fit."""
        excerpt = clean(text)
        return ContentOverflow(self.scene, f"“{excerpt[:60]}…”" if len(excerpt) > 60 else f"“{excerpt}”")

    def write(self, block: TextBlock, at: tuple[float, float], fill: Colour, align: str = "left") -> int:
        """Draw a block with its top at `at` (x is its left, centre or right); answers the y below it."""
        baseline = at[1] + block.size * ASCENT
        for line in block.lines:
            shift = {"left": 0.0, "centre": 0.5, "right": 1.0}[align] * measure(line, block.weight, block.size)
            self._line(line, block.weight, block.size, (at[0] - shift, baseline), fill)
            baseline += block.size * block.leading
        return round(at[1]) + block.height

    def write_middle(self, block: TextBlock, x: float, box: Box, fill: Colour, align: str = "left") -> None:
        """Draw a block vertically centred in a box."""
        self.write(block, (x, (box[1] + box[3] - block.height) / 2), fill, align)

    def label(self, text: str, at: tuple[float, float], fill: Colour, size: int = SMALL) -> int:
        """Draw a letter-spaced label with its top left at `at`. Answers its width."""
        letters, tracking = clean(text), size * TRACKING
        x = at[0]
        for letter in letters:
            self._line(letter, Weight.BOLD, size, (x, at[1] + size * ASCENT), fill)
            x += measure(letter, Weight.BOLD, size) + tracking
        return round(x - at[0])

    def formula(self, formula: str, box: Box, fill: Colour, largest: int = 84, align: str = "centre") -> None:
        """Typeset a formula inside a box, vertically centred. Raises FormulaInvalid, ContentOverflow."""
        left, top, right, bottom = box
        mask = typeset(formula, self.scene, right - left, bottom - top, largest)
        x = left if align == "left" else (left + right - mask.width) // 2
        self.image.paste(fill, (x, (top + bottom - mask.height) // 2), mask)

    def formula_height(self, formula: str, width: int, size: int) -> int:
        """Height of a formula at a size, or smaller where `width` demands it; 0 for none."""
        return typeset(formula, self.scene, width, HEIGHT, size).height if formula else 0

    def dot(self, centre: tuple[int, int], radius: int, fill: Colour) -> None:
        """A filled circle."""
        x, y = centre
        self.card((x - radius, y - radius, x + radius, y + radius), fill, radius=radius)

    def badge(self, text: str, centre: tuple[int, int], radius: int, fill: Colour, ink: Colour) -> None:
        """A filled circle with a short text."""
        self.dot(centre, radius, fill)
        self._draw.text(centre, text, font=font(Weight.BOLD, round(radius * 1.1)), fill=ink, anchor="mm")

    def tick(self, centre: tuple[int, int], radius: int, fill: Colour, ink: Colour) -> None:
        """A filled circle with a check mark."""
        self.dot(centre, radius, fill)
        self.image.paste(ink, (centre[0] - radius, centre[1] - radius), _check_mark(radius))

    def cross(self, centre: tuple[int, int], radius: int, fill: Colour, ink: Colour) -> None:
        """A filled circle with a cross."""
        self.dot(centre, radius, fill)
        self.image.paste(ink, (centre[0] - radius, centre[1] - radius), _cross(radius))

    def _line(self, text: str, weight: Weight, size: int, at: tuple[float, float], fill: Colour) -> None:
        x = at[0]
        for part, face in runs(text, weight):
            self._draw.text((x, at[1]), part, font=font(face, size), fill=fill, anchor="ls")
            x += measure(part, face, size)


def label_width(text: str, size: int = SMALL) -> int:
    """Width of Canvas.label."""
    return round(sum(measure(letter, Weight.BOLD, size) + size * TRACKING for letter in clean(text)))


@lru_cache(maxsize=128)
def _rounded(width: int, height: int, radius: int) -> Image.Image:
    radius = min(radius, width // 2, height // 2)
    mask = Image.new("L", (width, height), 255)
    corner = Image.new("L", (radius * 8, radius * 8))
    ImageDraw.Draw(corner).ellipse((0, 0, radius * 16 - 1, radius * 16 - 1), fill=255)
    top_left = corner.resize((radius, radius), Image.Resampling.BOX)
    top_right = top_left.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for tile, x in ((top_left, 0), (top_right, width - radius)):
        mask.paste(tile, (x, 0))
        mask.paste(tile.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (x, height - radius))
    return mask


@lru_cache(maxsize=8)
def _check_mark(radius: int) -> Image.Image:
    return _strokes(radius, ((0.28, 0.52), (0.44, 0.67), (0.73, 0.35)))


@lru_cache(maxsize=8)
def _cross(radius: int) -> Image.Image:
    return _strokes(radius, ((0.33, 0.33), (0.67, 0.67)), ((0.67, 0.33), (0.33, 0.67)))


def _strokes(radius: int, *strokes: tuple[tuple[float, float], ...]) -> Image.Image:
    """A mask of lines in a square of twice the radius, with smooth edges."""
    side = radius * 8
    mask = Image.new("L", (side, side))
    for stroke in strokes:
        points = [(side * x, side * y) for x, y in stroke]
        ImageDraw.Draw(mask).line(points, fill=255, width=round(side * 0.09), joint="curve")
    return mask.resize((radius * 2, radius * 2), Image.Resampling.BOX)
