"""Fonts, measuring, wrapping and fitting of slide text. Lengths are pixels of a 1280x720 slide."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

import font_roboto
from PIL import ImageFont

from content_service.lesson.line_breaks import unbroken

LEADING, HEADLINE_LEADING = 1.26, 1.12
ASCENT = 0.80
DESCENT = 0.22


class Weight(StrEnum):
    """Faces of the Roboto family and, for the signs Roboto lacks (arrows, ⊥, ✓), of DejaVu Sans."""

    REGULAR = "Roboto-Regular"
    MEDIUM = "Roboto-Medium"
    BOLD = "Roboto-Bold"
    BLACK = "Roboto-Black"
    ITALIC = "Roboto-Italic"
    SIGNS = "DejaVuSans"
    BOLD_SIGNS = "DejaVuSans-Bold"


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Wrapped text at a size: ready to draw."""

    lines: tuple[str, ...]
    size: int
    weight: Weight

    @property
    def height(self) -> int:
        return round(self.size * (ASCENT + DESCENT + self.leading * (len(self.lines) - 1)))

    @property
    def leading(self) -> float:
        """Distance of baselines in ems: headlines are set tighter."""
        return HEADLINE_LEADING if self.weight is Weight.BLACK else LEADING

    @property
    def width(self) -> int:
        return max((round(measure(line, self.weight, self.size)) for line in self.lines), default=0)


def face_file(weight: Weight) -> Path:
    """The TrueType file of a face, out of the font-roboto or the matplotlib wheel."""
    if weight.name.endswith("SIGNS"):
        from matplotlib import get_data_path

        return Path(get_data_path(), "fonts", "ttf", f"{weight}.ttf")
    return Path(font_roboto.font_directory, f"{weight}.ttf")


@lru_cache(maxsize=128)
def font(weight: Weight, size: int) -> ImageFont.FreeTypeFont:
    """The face at a pixel size."""
    return ImageFont.truetype(face_file(weight), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _characters(weight: Weight) -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(face_file(weight))).get_charmap())


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """Text in composed form, without invisible format characters, white space collapsed, with curly quotation marks."""
    composed = unicodedata.normalize("NFC", text)
    return _quoted(" ".join("".join(c for c in composed if unicodedata.category(c) != "Cf" and c != "\ufe0f").split()))


def _quoted(text: str) -> str:
    """Straight quotation marks and apostrophes as printers set them; feet, inches and minutes stay as they are."""
    if text.count('"') % 2 == 0:
        text = re.sub(r'"([^"]*)"', r"“\1”", text)
    text = re.sub(r"(?<![^\s(\[“—–])'(?=\S.*?[\w.,!?…]'(?:$|[\s)\].,;:!?”]))", "‘", text)
    return re.sub(r"(?<!\d)'|'(?=s\b)", "’", text)


def missing_character(text: str) -> str:
    """The first character no bundled font can draw, or an empty string."""
    known = _characters(Weight.REGULAR) | _characters(Weight.SIGNS)
    return next((c for c in clean(text) if ord(c) not in known), "")


@lru_cache(maxsize=4096)
def runs(text: str, weight: Weight) -> tuple[tuple[str, Weight], ...]:
    """Text split into stretches that one face can draw."""
    fallback = Weight.BOLD_SIGNS if weight in (Weight.BOLD, Weight.BLACK) else Weight.SIGNS
    known = _characters(weight)

    def face(character: str) -> Weight:
        return weight if ord(character) in known else fallback

    return tuple(("".join(group), key) for key, group in groupby(text, face))


@lru_cache(maxsize=8192)
def measure(text: str, weight: Weight, size: int) -> float:
    """Advance width of one line."""
    return sum(font(face, size).getlength(part) for part, face in runs(text, weight))


def wrap(text: str, weight: Weight, size: int, width: float) -> tuple[str, ...] | None:
    """Lines no wider than `width`, broken at spaces, only where it must be within what belongs together.

    None when a single word is wider.
    """
    lines: list[str] = []
    for piece in unbroken(clean(text).split(), lambda piece: measure(piece, weight, size) <= width):
        if measure(piece, weight, size) > width:
            return None
        if lines and measure(f"{lines[-1]} {piece}", weight, size) <= width:
            lines[-1] = f"{lines[-1]} {piece}"
        else:
            lines.append(piece)
    return tuple(lines)


def balanced(text: str, weight: Weight, size: int, width: float) -> tuple[str, ...] | None:
    """Like wrap, with the lines made about equally long, so that no word is left alone on the last one."""
    lines = wrap(text, weight, size, width)
    if not lines or len(lines) == 1:
        return lines
    low, high = width / len(lines), width
    while high - low > 8:
        middle = (low + high) / 2
        narrower = wrap(text, weight, size, middle)
        low, high = (low, middle) if narrower and len(narrower) == len(lines) else (middle, high)
    return wrap(text, weight, size, high)


def fit(
    text: str, weight: Weight, width: float, height: float, sizes: tuple[int, int], max_lines: int = 99
) -> TextBlock | None:
    """The text at the largest size of `sizes` (largest, smallest) that fits the box; None if none does."""
    for size in range(sizes[0], sizes[1] - 1, -2):
        lines = balanced(text, weight, size, width)
        if lines is None or len(lines) > max_lines:
            continue
        block = TextBlock(lines, size, weight)
        if block.height <= height:
            return block
    return None


def fit_all(
    texts: Sequence[str], weight: Weight, width: float, height: float, sizes: tuple[int, int]
) -> tuple[TextBlock, ...] | None:
    """All texts at one common size, the largest at which their heights together fit; None if none does."""
    for size in range(sizes[0], sizes[1] - 1, -2):
        wrapped = [balanced(text, weight, size, width) for text in texts]
        if any(lines is None for lines in wrapped):
            continue
        blocks = tuple(TextBlock(lines or (), size, weight) for lines in wrapped)
        if sum(block.height for block in blocks) <= height:
            return blocks
    return None
