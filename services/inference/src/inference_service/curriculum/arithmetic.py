"""Check the equations of the pack: every side that is made of numbers only must have the value of the side beside it."""

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SPELLINGS = (
    (r"\\(?:left|right)(?=[()\[\]|])", ""),
    (r"\\(?:qquad|quad)|\\mathrm\{(?:or|and|means|gives)\}|[;?]|, ", "\n"),
    (r"\\approx", "≈"),
    (r"\\[, ]\s*\\mathrm\{[^{}]*\}|\\circ", " "),
    (rf"\\d?frac{_GROUP}{_GROUP}", r"((\1)/(\2))"),
    (rf"\\sqrt\[3\]{_GROUP}", r"((\1)**(1/3))"),
    (rf"\\sqrt{_GROUP}", r"((\1)**0.5)"),
    (r"√\(([^()]*)\)", r"((\1)**0.5)"),
    (r"√(\d+)", r"((\1)**0.5)"),
    (r"\|([^|]*)\|", r"(((\1)**2)**0.5)"),
    (r"\^\{([^{}]*)\}", r"**(\1)"),
    (r"\^", "**"),
    (r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda found: f"**({found.group().translate(_SUPERSCRIPTS)})"),
    (r"(?<=\d)\s*\\?(?:pi|π)(?![a-z])", f"*({math.pi})"),
    (r"\\?%", "*0.01"),
    (r"\\cdot|\\times|×|·", "*"),
    (r"\\div|÷|(?<=\d) : (?=\d)", "/"),
    (r"−|–", "-"),
)
_NUMERIC = re.compile(r"[\d.+\-*/() ]*\d[\d.+\-*/() ]*")
_RELATION = re.compile("([=≈])")
_DECIMAL = re.compile(r"-?\d+(?:\.(\d+))?")


def wrong_equations(text: str) -> list[str]:
    """Return each 'left = right' or 'left ≈ right' of numbers in `text` (LaTeX or plain) that does not hold."""
    return [
        f"{left.strip()} {sign} {right.strip()}"
        for left, sign, right in equations(text)
        if not _holds(value(left), sign, value(right), right.strip())
    ]


def equations(text: str) -> Iterator[tuple[str, str, str]]:
    """Every pair of neighbouring sides in `text` that are both made of numbers, with the sign (= or ≈) between them."""
    for part in plain(text).split("\n"):
        pieces = _RELATION.split(part)
        for left, sign, right in zip(pieces[::2], pieces[1::2], pieces[2::2], strict=False):
            sides = _last_number(left), _first_number(right)
            if all(sides):
                yield sides[0], sign, sides[1]


def plain(text: str) -> str:
    """The text with LaTeX and typographic signs spelled as Python writes arithmetic; one statement a line."""
    for pattern, replacement in _SPELLINGS:
        text = re.sub(pattern, replacement, text)
    return text


def _holds(left: float, sign: str, right: float, shown: str) -> bool:
    """≈ allows what rounding to the digits shown allows; anything but a plain decimal may differ by one percent."""
    if sign == "=":
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    if decimal := _DECIMAL.fullmatch(shown):
        return abs(left - right) <= 0.5000001 * 10.0 ** -len(decimal.group(1) or "")
    return math.isclose(left, right, rel_tol=0.01)


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
