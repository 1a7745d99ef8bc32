"""Roman numerals in names of wars and kings: people write them as digits, too, and PostgreSQL drops the word "i"."""

import re
from collections.abc import Sequence

_UNITS = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_DIGITS = {
    tens + unit: str(10 * number + value)
    for number, tens in enumerate(("", "x", "xx"))
    for value, unit in enumerate(_UNITS)
    if 0 < 10 * number + value <= 20
}
# After these a single letter is a number wherever it stands.
_NUMBERED = re.compile(
    "act|apollo|book|chapter|class|grade|level|part|phase|saturn|scene|section|stage|step|type|unit|volume|war|"
    "alexander|catherine|charles|edward|elizabeth|francis|frederick|george|henry|james|john|leo|leopold|louis|mary|"
    "napoleon|nicholas|paul|peter|philip|pius|ramesses|richard|suleiman|wilhelm|william",
    re.IGNORECASE,
)
# After these "i" is whoever asks, or the imaginary unit: "how do i", "powers of i".
_BEFORE_ME = re.compile(
    "am|and|as|because|but|can|could|did|do|for|had|have|how|if|may|might|must|number|of|or|shall|should|so|than|that|"
    "the|then|though|was|what|when|where|whether|which|while|who|why|will|would",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")


def in_digits(words: Sequence[str]) -> list[str]:
    """The words, Roman numerals up to XX among them as digits.

    The first word is none. A single letter is one after what is numbered (war, act, Henry), and "i" also as the last word
    unless it is whoever asks; elsewhere "i" asks, and "v" and "x" are unknowns.
    """
    return [
        _DIGITS.get(word.lower(), word) if _may_be_number(words, place) else word for place, word in enumerate(words)
    ]


def _may_be_number(words: Sequence[str], place: int) -> bool:
    word, before = words[place], words[place - 1]
    if place == 0:
        return False
    if len(word) > 1 or _NUMBERED.fullmatch(before):
        return True
    return word.lower() == "i" and place == len(words) - 1 and not _BEFORE_ME.fullmatch(before)


def other_names(title: str, topic: str, aliases: Sequence[str]) -> list[str]:
    """What a lesson is called besides its title and topic: the aliases, and whatever has Roman numerals with digits."""
    spelt = [_spelt(name) for name in (title, topic, *aliases)]
    return list(dict.fromkeys([*aliases, *(name for name in spelt if name)]))


def _spelt(name: str) -> str:
    words = _WORD.findall(name)
    digits = in_digits(words)
    return " ".join(digits) if digits != words else ""
