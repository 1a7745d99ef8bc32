"""Check the equations of the pack: every side that is made of numbers only must have the value of the side beside it."""

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator
from itertools import pairwise

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
_SPELLINGS = (
    (r"\\(?:left|right)(?=[()\[\]|])", ""),
    (r"\\(?:qquad|quad)|\\mathrm\{or\}|[;?]|, ", "\n"),
    (rf"\\frac{_GROUP}{_GROUP}", r"((\1)/(\2))"),
    (rf"\\sqrt{_GROUP}", r"((\1)**0.5)"),
    (r"√\(([^()]*)\)", r"((\1)**0.5)"),
    (r"\^\{([^{}]*)\}", r"**(\1)"),
    (r"\^", "**"),
    (r"²", "**2"),
    (r"³", "**3"),
    (r"\\cdot|\\times|×|·", "*"),
    (r"−|–", "-"),
)
_NUMERIC = re.compile(r"[\d.+\-*/() ]*\d[\d.+\-*/() ]*")


def wrong_equations(text: str) -> list[str]:
    """Return each 'left = right' of numbers in `text` (LaTeX or plain) that does not hold."""
    return [
        f"{left.strip()} = {right.strip()}"
        for left, right in equations(text)
        if not math.isclose(value(left), value(right), rel_tol=1e-9, abs_tol=1e-12)
    ]


def equations(text: str) -> Iterator[tuple[str, str]]:
    """Every pair of neighbouring sides in `text` that are both made of numbers."""
    for pattern, replacement in _SPELLINGS:
        text = re.sub(pattern, replacement, text)
    for part in text.split("\n"):
        for left, right in pairwise(part.split("=")):
            sides = _last_number(left), _first_number(right)
            if all(sides):
                yield sides


def _last_number(side: str) -> str:
    match = re.search(rf"(?:^\s*|[a-z:,] (?=[\d(]))({_NUMERIC.pattern})$", side.rstrip())
    return match.group(1) if match and _parses(match.group(1)) else ""


def _first_number(side: str) -> str:
    match = re.match(rf"\s*({_NUMERIC.pattern})(?=$|[.,;:]|\s+[a-z])", side)
    text = match.group(1).strip().rstrip(".") if match else ""
    return text if text and _parses(text) else ""


def _parses(text: str) -> bool:
    try:
        value(text)
    except (SyntaxError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError):
        return False
    return True


def value(text: str) -> float:
    """The value of a side made of numbers. Raises what `_parses` catches for anything else."""
    return _evaluate(ast.parse(text.strip(), mode="eval").body)


def _evaluate(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            result = _BINARY[type(op)](_evaluate(left), _evaluate(right))
            if isinstance(result, float):  # the root of a negative number is not
                return result
    raise ValueError("only numbers and + - * / ** are arithmetic")
