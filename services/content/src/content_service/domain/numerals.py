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
# After these "i" is whoever asks: "how do i …".
_BEFORE_ME = re.compile(
    "am|and|as|because|but|can|could|did|do|had|have|how|if|may|might|must|or|shall|should|so|than|that|then|though|was|"
    "what|when|where|whether|which|while|who|why|will|would",
    re.IGNORECASE,
)
_UNKNOWNS = frozenset("vx")
_WORD = re.compile(r"\w+")


def in_digits(words: Sequence[str]) -> list[str]:
    """The words, Roman numerals up to XX among them as digits.

    The first word is none, nor is "i" after words such as "do" and "that". Small, "v" and "x" are unknowns.
    """
    return [*words[:1], *map(_in_digits, words[1:], words)]


def _in_digits(word: str, before: str) -> str:
    small = word.lower()
    if word in _UNKNOWNS or (small == "i" and _BEFORE_ME.fullmatch(before)):
        return word
    return _DIGITS.get(small, word)


def other_names(title: str, topic: str, aliases: Sequence[str]) -> list[str]:
    """What a lesson is called besides its title and topic: the aliases, and whatever has Roman numerals with digits."""
    spelt = [_spelt(name) for name in (title, topic, *aliases)]
    return list(dict.fromkeys([*aliases, *(name for name in spelt if name)]))


def _spelt(name: str) -> str:
    words = _WORD.findall(name)
    digits = in_digits(words)
    return " ".join(digits) if digits != words else ""
