"""Check the chemical equations of the pack: both sides must hold the same atoms and the same charge."""

import re
from collections import Counter

ARROW = r"\rightarrow"
_CHARGE = re.compile(r"\^\{(\d*)([+-])\}")
_TERM = re.compile(r"(\d*)((?:[A-Z][a-z]?(?:_\d|_\{\d+\})?)+|e)(?:<(\d*)([+-])>)?")
_ATOM = re.compile(r"([A-Z][a-z]?)(?:_\{?(\d+)\}?)?")
CHARGE = "charge"


def is_reaction(latex: str) -> bool:
    return ARROW in latex


def imbalance(latex: str) -> str:
    """Say what differs between the two sides of `latex`; empty when it balances."""
    left, right = (_count(side) for side in _plain(latex).split(ARROW))
    different = [
        f"{atom}: {left[atom]} and {right[atom]}" for atom in sorted({*left, *right}) if left[atom] != right[atom]
    ]
    return ", ".join(different)


def _plain(latex: str) -> str:
    inner = latex.replace(r"\mathrm", "").replace(r"\,", "").replace(" ", "")
    return inner[1:-1] if inner.startswith("{") and inner.endswith("}") else inner


def _count(side: str) -> Counter[str]:
    """Atoms and charge of one side."""
    total: Counter[str] = Counter()
    for term in re.split(r"\+(?!>)", _CHARGE.sub(r"<\1\2>", side)):
        match = _TERM.fullmatch(term)
        if not match:
            raise ValueError(f"'{term}' is not a chemical formula")
        amount, formula, size, sign = match.groups()
        times = int(amount or 1)
        for atom, count in _ATOM.findall(formula):
            total[atom] += times * int(count or 1)
        if sign:
            total[CHARGE] += times * int(size or 1) * (1 if sign == "+" else -1)
    return total
