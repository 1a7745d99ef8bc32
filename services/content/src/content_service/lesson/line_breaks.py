"""Between which words of a text a line should not end."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

_PRODUCTS = frozenset("·×÷")
_RELATIONS = frozenset("=≈≠<>≤≥")
_OPERATORS = frozenset("+−±→⇌")
_NUMBER = re.compile(r"[−-]?\d(?:[\d.,]*\d)?|\?")  # a question mark alone stands for the number that is asked for
_BEFORE_NUMBER = re.compile(
    r"about|act|article|book|chapter|from|line|of|page|part|scene|thesis|to|written", re.IGNORECASE
)
_BEFORE_NAME = re.compile(r"\W?(?:[A-Z]|Mr|Mrs|Ms|Dr|St)\.")
_SCRAP = re.compile(r"\d{1,2}[.,;:?!)]+")
_LETTER = re.compile(r"[b-hj-zA-HJ-Z][.,;:?!)]*")  # "a" is mostly an article
_ORDINAL = re.compile(r"[IVX]+[.,;:?!)]*")
_POWER = re.compile(r"(?:squared|cubed)\W*")
_RHYMES = re.compile(r"[a-g]{2,4},?")

Bond = Callable[[str, str], bool]


def unbroken(words: Sequence[str], fits: Callable[[str], bool]) -> Iterator[str]:
    """The text in pieces, each for one line: formulas whole where they fit into one, else their terms, else single words."""
    return _pieces(words, fits, (_in_formula, _belong))


def _pieces(words: Sequence[str], fits: Callable[[str], bool], bonds: Sequence[Bond]) -> Iterator[str]:
    if not bonds:
        yield from words
        return
    for group in _groups(words, bonds[0]):
        whole = " ".join(group)
        yield from [whole] if fits(whole) else _pieces(group, fits, bonds[1:])


def _groups(words: Iterable[str], bond: Bond) -> list[list[str]]:
    groups: list[list[str]] = []
    for word in words:
        if groups and bond(groups[-1][-1], word):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _in_formula(word: str, following: str) -> bool:
    return following in _OPERATORS or _belong(word, following)


def _belong(word: str, following: str) -> bool:
    """Numbers and letters with what they count or name, products, relations, initials with names; an operator may begin lines."""
    return bool(
        _NUMBER.fullmatch(word)
        or {word[-1], following} & _PRODUCTS
        or {word, following} & _RELATIONS
        or word in _OPERATORS
        or (_BEFORE_NUMBER.fullmatch(word) and following[0].isdigit())
        or _BEFORE_NAME.fullmatch(word)
        or (word[-1].isalnum() and _names(word, following))
        or (_RHYMES.fullmatch(word) and _RHYMES.fullmatch(following))
    )


def _names(word: str, following: str) -> bool:
    """Whether what follows says which one: "sides 3,", "gym A", "x squared", "Henry VIII"."""
    return bool(
        _SCRAP.fullmatch(following)
        or _LETTER.fullmatch(following)
        or (len(word) == 1 and _POWER.fullmatch(following))
        or (word[0].isupper() and _ORDINAL.fullmatch(following))
    )
