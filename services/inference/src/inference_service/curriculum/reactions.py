"""Check the equations of chemistry: both sides must hold the same atoms and charge, or the same nucleons and charge."""

import re
from collections import Counter

ARROW = re.compile(r"\\(?:rightarrow|rightleftharpoons)")
CHARGE = "charge"
_TERM = re.compile(r"(\d*)((?:[A-Z][a-z]?|_\d|_\{\d+\}|[()\[\]])+|e)(?:<(\d*)([+-])>)?")
_TOKEN = re.compile(r"([A-Z][a-z]?|[()\[\]])(?:_\{?(\d+)\}?)?")
_NUCLIDE = re.compile(r"(\d*)\{\}\^\{(\d+)\}_\{(-?\d+)\}[A-Za-z]+")


def is_reaction(latex: str) -> bool:
    return bool(ARROW.search(latex))


def imbalance(latex: str) -> str:
    """Say what differs between the two sides of `latex`; empty when it balances. Raises ValueError for no formula."""
    plain = _plain(latex)
    count = _nucleons if "{}^" in plain else _atoms
    left, *others = (count(side) for side in ARROW.split(plain))
    return ", ".join(
        f"{part}: {left[part]} and {right[part]}"
        for right in others
        for part in sorted({*left, *right})
        if left[part] != right[part]
    )


def _plain(latex: str) -> str:
    inner = re.sub(r"\\mathrm|\\[,;]|\s", "", latex)
    return inner[1:-1] if inner.startswith("{") and inner.endswith("}") and not inner.startswith("{}") else inner


def _nucleons(side: str) -> Counter[str]:
    """Mass numbers and charges of a nuclear equation, whose terms look like {}^{14}_{6}C."""
    total: Counter[str] = Counter()
    for term in re.split(r"\+(?=\d*\{\})", re.sub(r"(?<=\})\{([A-Za-z]+)\}", r"\1", side)):
        if not (match := _NUCLIDE.fullmatch(term)):
            raise ValueError(f"'{term}' is not a nuclide")
        times = int(match[1] or 1)
        total["mass"] += times * int(match[2])
        total[CHARGE] += times * int(match[3])
    return total


def _atoms(side: str) -> Counter[str]:
    """Atoms and charge of one side."""
    total: Counter[str] = Counter()
    for term in re.split(r"\+(?!>)", re.sub(r"\^\{(\d*)([+-])\}", r"<\1\2>", side)):
        match = _TERM.fullmatch(term)
        if not match or match[2].count("(") != match[2].count(")"):
            raise ValueError(f"'{term}' is not a chemical formula")
        amount, formula, size, sign = match.groups()
        times = int(amount or 1)
        for atom, count in composition(formula).items():
            total[atom] += times * count
        if sign:
            total[CHARGE] += times * int(size or 1) * (1 if sign == "+" else -1)
    return total


def composition(formula: str) -> Counter[str]:
    """How many atoms of each kind a formula such as Ca(OH)_2 holds."""
    groups: list[Counter[str]] = [Counter()]
    for part, count in _TOKEN.findall(formula):
        if part in "([":
            groups.append(Counter())
            continue
        inner = groups.pop() if part in ")]" else Counter({part: 1})
        for atom, number in inner.items():
            groups[-1][atom] += number * int(count or 1)
    return groups[0]
