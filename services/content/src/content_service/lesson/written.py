"""What is spoken, as people write it: scripts spell everything out, "in fourteen ninety-two" and "p H", for voices."""

import re
from collections.abc import Iterator, Sequence

_LETTERS = {("p", "H"): "pH", ("p", "V"): "pV", ("n", "R", "T"): "nRT", ("R", "f"): "Rf", ("K", "f"): "Kf"}
_UNITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen"),
    *("sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_CENTURIES = dict(zip(_TEENS, range(10, 20), strict=True)) | {"twenty": 20}
_BELOW_HUNDRED = (
    dict(zip(_UNITS, range(1, 10), strict=True))
    | dict(zip(_TEENS, range(10, 20), strict=True))
    | {ten: 10 * digit for digit, ten in enumerate(_TENS, 2)}
    | {f"{ten}-{unit}": 10 * t + u for t, ten in enumerate(_TENS, 2) for u, unit in enumerate(_UNITS, 1)}
)
_DECADES = {"hundreds": 0, "tens": 10} | {f"{ten[:-1]}ies": 10 * digit for digit, ten in enumerate(_TENS, 2)}
_ENDING = re.compile(r"(?P<word>.+?)(?P<ending>(?:['’]s)?[^\w\s]*)$")


def as_written(text: str) -> str:
    """The text with years in digits and letter by letter abbreviations whole; all else stays."""
    return " ".join(word for word, _ in joined(text.split()))


def joined(words: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Written words, and how many of the spoken ones each stands for."""
    at = 0
    while at < len(words):
        word, count = _abbreviation(words[at : at + 3]) or _year(words[at : at + 3]) or (words[at], 1)
        yield word, count
        at += count


def _abbreviation(words: Sequence[str]) -> tuple[str, int] | None:
    for count in range(len(words), 1, -1):
        *first, last = words[:count]
        word, ending = _split(last)
        if whole := _LETTERS.get((*first, word)):
            return f"{whole}{ending}", count
    return None


def _year(words: Sequence[str]) -> tuple[str, int] | None:
    """Centuries are ten to twenty, and nothing may stand between the parts: "seventeen, seventy" are two numbers."""
    century = _CENTURIES.get(words[0].lower())
    if century is None or len(words) < 2:
        return None
    second, ending = _split(words[1])
    if second in _DECADES:
        return f"{100 * century + _DECADES[second]}s{ending}", 2
    if second in ("hundred", "oh"):
        third, last = _split(words[2]) if len(words) == 3 and not ending else ("", "")
        if third in _BELOW_HUNDRED and (second == "hundred" or third in _UNITS):
            return f"{100 * century + _BELOW_HUNDRED[third]}{last}", 3
        return (f"{100 * century}{ending}", 2) if second == "hundred" and century < 20 else None
    if second in _BELOW_HUNDRED and second not in _UNITS:
        return f"{100 * century + _BELOW_HUNDRED[second]}{ending}", 2
    return None


def _split(word: str) -> tuple[str, str]:
    """A word and what stands behind it."""
    found = _ENDING.match(word)
    return (found["word"], found["ending"]) if found else (word, "")
