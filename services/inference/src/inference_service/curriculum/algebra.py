"""Check the algebra of worked examples: each equation must hold for the answer that the example arrives at.

Only authors and tests come here; the service does without sympy.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import sympy

from inference_service.curriculum.arithmetic import plain

_SIDE = re.compile(r"[0-9a-zA-Z+\-*/(). ]+")
_WORD = re.compile(r"[a-zA-Z]{3,}|\b[fgpq]\(")
_TIMES = (
    (r"(?<=[0-9a-zA-Z)])\s*(?=\()", "*"),
    (r"(?<=[0-9)])\s*(?=[a-zA-Z])", "*"),
    (r"(?<=[a-zA-Z])\s*(?=[a-zA-Z])", "*"),
)
Answers = dict[sympy.Symbol, set[sympy.Expr]]


@dataclass(frozen=True, slots=True)
class Statement:
    """left = right, with at least one unknown."""

    left: sympy.Expr
    right: sympy.Expr

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"


def wrong_steps(formulas: Sequence[str]) -> list[str]:
    """Return each equation of `formulas` (LaTeX, one example) that its answers do not fulfil; identities always hold."""
    stated = list(statements(formulas))
    found = answers(stated)
    return [str(statement) for statement in stated if is_checkable(statement, found) and not _holds(statement, found)]


def solves(answer: str, question: str) -> bool | None:
    """Say whether an answer such as 'x = 3' fulfils the equations of its question; None when that cannot be told."""
    found = answers(statements([answer]))
    asked = [statement for statement in statements([question]) if is_checkable(statement, found)]
    return all(_holds(statement, found) for statement in asked) if asked else None


def statements(formulas: Iterable[str]) -> Iterator[Statement]:
    """Every equation between two expressions in one-letter unknowns; the rest is left alone."""
    for formula in formulas:
        for variant in {formula.replace(r"\pm", "+"), formula.replace(r"\pm", "-")}:
            for line in plain(variant).split("\n"):
                for before, after in pairwise(line.split("=")):
                    left = _expression(re.sub(r"^[^\\]*(?<![\\A-Za-z])[A-Za-z]{2,}[ :]", "", before))
                    right = _expression(re.sub(r" [a-z]{2,}.*$", "", after))
                    if left is not None and right is not None and left.free_symbols | right.free_symbols:
                        yield Statement(left, right)


def answers(stated: Iterable[Statement]) -> Answers:
    """What the example says the unknowns are: every 'x = number'."""
    found: Answers = {}
    for statement in stated:
        if isinstance(statement.left, sympy.Symbol) and not statement.right.free_symbols:
            found.setdefault(statement.left, set()).add(statement.right)
    return found


def is_checkable(statement: Statement, found: Answers) -> bool:
    return bool((statement.left.free_symbols | statement.right.free_symbols) <= found.keys())


def _holds(statement: Statement, found: Answers) -> bool:
    """With one unknown every answer must fit; with several, the answers of one choice. An answer itself holds."""
    if isinstance(statement.left, sympy.Symbol) and not statement.right.free_symbols:
        return True
    difference = sympy.expand(statement.left - statement.right)
    symbols = sorted(difference.free_symbols, key=str)
    fits = [
        abs(sympy.N(difference.subs(dict(zip(symbols, values, strict=True))))) < 1e-9
        for values in product(*(sorted(found[symbol], key=str) for symbol in symbols))
    ]
    return all(fits) if len(symbols) == 1 else any(fits)


def _expression(side: str) -> sympy.Expr | None:
    text = side.strip().rstrip(".")
    if not _SIDE.fullmatch(text) or _WORD.search(text):
        return None
    for pattern, replacement in _TIMES:
        text = re.sub(pattern, replacement, text)
    letters = {letter: sympy.Symbol(letter) for letter in re.findall("[a-zA-Z]", text)}
    try:
        return sympy.sympify(text, locals=letters, rational=True)
    except (sympy.SympifyError, SyntaxError, TypeError, AttributeError):
        return None
