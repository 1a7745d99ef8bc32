"""Formulas typeset by matplotlib's mathtext as alpha masks, to be tinted and pasted onto slides."""

import re
from functools import lru_cache
from typing import Any

from PIL import Image

from content_service.lesson.errors import ContentOverflow, FormulaInvalid

SMALLEST = 28
MAX_LENGTH = 400
_CHARGE = re.compile(r"(\^\{\d+)([+-])\}")  # mathtext would set 2+ apart, like a sum
_SIGN = re.compile(r"(\\q?quad\s*)([+-])")  # and the sign of a number that stands behind another


def typeset(formula: str, scene: str, width: int, height: int, largest: int, smallest: int = SMALLEST) -> Image.Image:
    """A mask (mode L) of the formula, `largest` to `smallest` pixels per em and within the box.

    Raises FormulaInvalid for what mathtext cannot parse, ContentOverflow when it would be too small to read.
    """
    mask = _mask(formula, scene, largest)
    scale = min(1.0, width / mask.width, height / mask.height)
    if scale == 1.0:
        return mask
    size = int(largest * scale)
    while size >= smallest:
        mask = _mask(formula, scene, size)
        if mask.width <= width and mask.height <= height:
            return mask
        size -= 1
    raise ContentOverflow(scene, f"the formula {formula}")


@lru_cache(maxsize=64)
def _mask(formula: str, scene: str, size: int) -> Image.Image:
    import numpy as np
    from matplotlib.font_manager import FontProperties

    if len(formula) > MAX_LENGTH or "$" in formula:
        raise FormulaInvalid(scene, formula[:80], f"it must be at most {MAX_LENGTH} characters without dollar signs")
    face = FontProperties(size=size, math_fontfamily="stix")
    try:
        # 72 dpi makes one point one pixel.
        parsed = _parser().parse(f"${_displayed(formula)}$", dpi=72, prop=face)
    except (ValueError, RuntimeError) as error:
        raise FormulaInvalid(scene, formula, _reason(error)) from None
    ink = Image.fromarray(np.asarray(parsed.image, dtype=np.uint8), mode="L")
    box = ink.getbbox()
    if box is None:
        raise FormulaInvalid(scene, formula, "it draws nothing")
    return ink.crop(box)


@lru_cache(maxsize=1)
def _parser() -> Any:
    from matplotlib.mathtext import MathTextParser

    return MathTextParser("agg")


def _displayed(formula: str) -> str:
    """Outermost fractions in display size, as in TeX's display style: mathtext knows text style only. Signs close up."""
    out: list[str] = []
    roots: list[bool] = []  # of each open group: whether it is what a root is taken of
    i = 0
    while i < len(formula):
        if all(roots) and formula.startswith("\\frac", i):
            out.append("\\dfrac")
            i += 5
            continue
        if formula[i] == "{":
            roots.append(formula[:i].endswith("\\sqrt"))
        elif formula[i] == "}" and roots:
            roots.pop()
        out.append(formula[i])
        i += 1
    return _SIGN.sub(r"\1{\2}", _CHARGE.sub(r"\1{\2}}", "".join(out)))


def _reason(error: Exception) -> str:
    """The parser's last line says what it expected; the lines before only point into the formula."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:160] if lines else "it is not mathtext"
