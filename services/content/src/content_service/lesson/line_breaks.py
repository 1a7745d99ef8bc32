"""Between which words of a text a line should not end."""

import re
from collections.abc import Iterable

_PRODUCTS = frozenset("·×÷")
_RELATIONS = frozenset("=≈≠<>≤≥")
_OPERATORS = frozenset("+−±→⇌")
_NUMBER = re.compile(r"[−-]?\d(?:[\d.,]*\d)?")
_BEFORE_NUMBER = re.compile(
    r"about|act|article|book|chapter|from|line|of|page|part|scene|thesis|to|written", re.IGNORECASE
)
_BEFORE_NAME = re.compile(r"\W?(?:[A-Z]|Mr|Mrs|Ms|Dr|St)\.")
_SCRAP = re.compile(r"\d{1,2}[.?!]")


def together(words: Iterable[str]) -> list[list[str]]:
    """The words in groups, each of which should stay on one line."""
    groups: list[list[str]] = []
    for word in words:
        if groups and _belong(groups[-1][-1], word):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _belong(word: str, following: str) -> bool:
    """A number and what it counts or numbers, products, relations, a name and its initials; a line may begin with an operator."""
    return bool(
        _NUMBER.fullmatch(word)
        or {word[-1], following} & _PRODUCTS
        or {word, following} & _RELATIONS
        or word in _OPERATORS
        or (_BEFORE_NUMBER.fullmatch(word) and following[0].isdigit())
        or _BEFORE_NAME.fullmatch(word)
        or _SCRAP.fullmatch(following)
    )
