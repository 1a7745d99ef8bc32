"""Arithmetic in words, as a narrator says it: "thirty-six plus sixty-four is one hundred"."""

import math
import re
from collections.abc import Iterator

from inference_service.curriculum.arithmetic import equations, value

_ONES = "zero one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TIES = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = {word: number for number, word in enumerate(f"{_ONES} {_TEENS}".split())}
_TENS = {word: 20 + 10 * i for i, word in enumerate(_TIES.split())}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_NUMBER = f"(?:{'|'.join([*_UNITS, *_TENS, *_SCALES])})"
_DECIMALS = f"(?: point(?: (?:{'|'.join(_UNITS)}))+)?"
_IN_WORDS = re.compile(rf"\b(?:a (?=hundred|thousand|million))?{_NUMBER}(?:(?: and |[ -]){_NUMBER})*{_DECIMALS}\b")
_OPERATIONS = (
    (r"\bthe square root of (\d[\d.]*)(?= is| equals|,|\.|$)", r"((\1)**0.5)"),
    (r"(?<=\d) (?=half\b|halves|thirds?\b|quarters?\b|\w+ths?\b|pi\b|percent)", "~"),  # "one fifth" is no 1
    (r"\bof (?=\d)", "of~"),  # how far "the root of four plus five" or "half of ten" reaches cannot be heard
    (r" squared\b", "**2"),
    (r" cubed\b", "**3"),
    (r"\bplus\b", "+"),
    (r"\bminus\b", "-"),
    (r"\btimes\b|\bmultiplied by\b", "*"),
    (r"\bdivided by\b", "/"),
    (r",? (?:is equal to|equals|is|makes|gives)\b", " ="),
)
_OPERATOR = re.compile(r"[+*/]|\d\s*-|\)\s*-")
ROUNDING = 0.005
"""Part of a value that may be lost by saying it in few digits."""


def wrong_sums(sentence: str) -> list[str]:
    """Each calculation spoken in the sentence that does not hold, in figures."""
    return [
        f"{left.strip()} = {right.strip()}" for left, right in _sums(in_figures(sentence)) if not _equal(left, right)
    ]


def in_figures(sentence: str) -> str:
    """The sentence with its numbers as digits and its operations as signs."""
    text = _IN_WORDS.sub(lambda match: _digits(match.group()), sentence.lower())
    for pattern, sign in _OPERATIONS:
        text = re.sub(pattern, sign, text)
    return text


def _sums(text: str) -> Iterator[tuple[str, str]]:
    """A number beside "is" is mostly no calculation ("seven is prime"): one side must hold an operation."""
    for left, _, right in equations(text):
        if _OPERATOR.search(left) or _OPERATOR.search(right):
            yield left, right


def _equal(left: str, right: str) -> bool:
    return math.isclose(value(left), value(right), rel_tol=ROUNDING, abs_tol=1e-12)


def _digits(words: str) -> str:
    whole, _, decimals = words.partition(" point ")
    total, part = 0, 0
    for word in re.findall(r"[a-z]+", whole):
        if word in _SCALES:
            part = max(part, 1) * _SCALES[word]
            total, part = (total, part) if word == "hundred" else (total + part, 0)
        else:
            part += _UNITS.get(word, 0) + _TENS.get(word, 0)
    figures = "".join(str(_UNITS[word]) for word in decimals.split())
    return f"{total + part}.{figures}" if figures else str(total + part)
