"""Check that a worked example shows its answer in the unit in which it is spoken: a bare number is no answer."""

import re

from inference_service.domain.lesson import Example

_SHOWN = {
    "bar": r"bar\b",
    "centimeters": r"cm\b",
    "degrees": "°",
    "dollars": r"\$",
    "feet": r"ft\b",
    "grams": r"g\b|grams",
    "hours": r"h\b|hours",
    "joules": r"J\b",
    "kilojoules": r"kJ\b",
    "kilometers": r"km\b",
    "liters": r"L\b|liters",
    "meters": r"m\b|meters",
    "milliliters": r"mL\b",
    "moles": r"mol\b|[Mm]oles",
    "percent": "%",
    "seconds": r"s\b|seconds",
    "years": r"years",
}
_SPOKEN = re.compile(rf"\b(?:{'|'.join(_SHOWN)})\b")


def missing_unit(example: Example) -> str:
    """The unit that the last step names last and does not show; empty when there is none."""
    last = example.steps[-1]
    said = _SPOKEN.findall(last.say)
    shown = said and re.search(rf"(?<![A-Za-z])(?:{_SHOWN[said[-1]]})", f"{last.text} {last.formula}")
    return "" if shown or not said else said[-1]
